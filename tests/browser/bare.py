"""The live view on a page of its own: the built script, a model that a test plays."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from playwright.sync_api import Locator, Page

from nbagents.display import frames, look

_STATIC = files("nbagents.display") / "static"
_LIGHT = ("#ffffff", "rgba(0,0,0,.87)", "#e0e0e0", "#1976d2")
_DARK = ("#111111", "rgba(255,255,255,.87)", "#616161", "#2196f3")
_NAMES = ("layout-color0", "ui-font-color1", "border-color2", "brand-color1")

_PAGE = """<!doctype html><html lang="en"><title>A run</title>
<style>:root { THEME } body { margin: 10px;
background: var(--jp-layout-color0) }</style>
<style>STYLE</style><main id="cell"></main>"""

_START = """async ([source, values]) => {
  const listeners = new Map();
  const of = (event) => listeners.get(event)
    ?? listeners.set(event, new Set()).get(event);
  const fire = (event, ...args) => {
    for (const each of [...of(event)]) each(...args);
  };
  const model = {
    sent: [],
    answers: {},
    get: (name) => values[name],
    on: (event, listener) => of(event).add(listener),
    off: (event, listener) => of(event).delete(listener),
    send(message) {
      model.sent.push(message);
      const answer = model.answers[message.ask];
      if (answer) queueMicrotask(() => model.reply(message, answer));
    },
    reply: (message, answer) =>
      fire("msg:custom", { reply: message.number, ...answer }),
    set(name, value) { values[name] = value; fire(`change:${name}`); },
    fire,
    listening: () => [...listeners.values()].reduce((sum, each) => sum + each.size, 0),
  };
  window.model = model;
  const link = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  window.liveLink = link;
  const { default: live } = await import(link);
  live.initialize({ model });
  window.close_view = live.render({ model, el: document.getElementById("cell") });
}"""


class Bare:
    """A view on a page, and the kernel that it believes to have."""

    def __init__(
        self, page: Page, values: Mapping[str, Any], *, dark: bool = False
    ) -> None:
        """Show the view of a model with these `values`."""
        self.page = page
        self.view: Locator = page.locator(".nb-view")
        page.set_content(_html(dark=dark))
        source = (_STATIC / "live.js").read_text("utf-8")
        given = {"looks": frames.looks(), "marks": {}, "forecast": "", **values}
        page.evaluate(_START, [source, json.loads(json.dumps(given))])

    def answer(self, verb: str, answer: Mapping[str, Any] | None) -> None:
        """Answer each `verb` like this from now on; `None` leaves it without."""
        self.page.evaluate("([verb, a]) => { model.answers[verb] = a }", [verb, answer])

    def reply(self, message: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Answer one message."""
        self.page.evaluate("([m, a]) => model.reply(m, a)", [message, answer])

    def set(self, name: str, value: Any) -> None:
        """Change a trait."""
        self.page.evaluate("([name, value]) => model.set(name, value)", [name, value])

    def fire(self, event: str) -> None:
        """Have the model tell an event."""
        self.page.evaluate("event => model.fire(event)", event)

    def sent(self, *verbs: str) -> list[dict[str, Any]]:
        """Return the messages so far, or those of some verbs."""
        messages: list[dict[str, Any]] = self.page.evaluate("model.sent")
        return [each for each in messages if not verbs or each["ask"] in verbs]

    def asked(self, *verbs: str) -> list[dict[str, Any]]:
        """Return `sent` without the numbers."""
        return [
            {key: value for key, value in each.items() if key != "number"}
            for each in self.sent(*verbs)
        ]

    def row(self, id: str) -> Locator:
        """Return the row of task `id`."""
        named = self.page.get_by_text(id, exact=True)
        return self.view.locator(".nb-rows .nb-row").filter(has=named)


def _html(*, dark: bool) -> str:
    colours = zip(_NAMES, _DARK if dark else _LIGHT, strict=True)
    theme = ";".join(f"--jp-{name}:{colour}" for name, colour in colours)
    states = {**look.RUN, **look.TASK}
    accents = "".join(
        f".nbagents-live .nb-{name} {{ --nb-accent: {how.accent} }}"
        for name, how in states.items()
    )
    style = (_STATIC / "live.css").read_text("utf-8") + accents
    return _PAGE.replace("THEME", theme).replace("STYLE", style)
