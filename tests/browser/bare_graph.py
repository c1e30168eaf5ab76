"""The live view on a page without JupyterLab: the model is ours, answers are real."""

import base64
import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from display.runs import START, Run
from nbagents.display import frames, widget
from nbagents.display.parts import draw_part
from nbagents.display.source import look_at
from nbagents.display.timeline import timeline

THEMES = {
    "light": ("#ffffff", "#1b1f24", "#d5d9de", "#1976d2"),
    "dark": ("#111111", "#e3e6ea", "#424242", "#64b5f6"),
}
_NAMES = ("layout-color0", "ui-font-color1", "border-color2", "brand-color1")


class Bare:
    """A view of `run` on `page`; what the browser sends is in `sent`."""

    def __init__(
        self, page: Page, run: Run, *, at: float = 9, theme: str = "light"
    ) -> None:
        self.page, self.run, self.at = page, run, at
        self.number = 0
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "draw": self._draw,
            "timeline": lambda _: timeline(self.view),
        }
        colours = zip(_NAMES, THEMES[theme], strict=True)
        variables = ";".join(f"--jp-{name}:{colour}" for name, colour in colours)
        page.set_content(
            f"<style>:root{{{variables}}} body{{margin:8px;background:"
            f"var(--jp-layout-color0)}}</style><div id=cell></div>"
        )
        page.add_style_tag(content=str(widget.LiveWidget._css))
        page.expose_function("kernel", self._answer)
        page.evaluate(_MODEL, self._traits())
        source = base64.b64encode(str(widget.LiveWidget._esm).encode()).decode()
        page.evaluate(_SHOW, f"data:text/javascript;base64,{source}")

    @property
    def view(self) -> Any:
        """How the run stands now, by the clock of the test."""
        return look_at(self.run, START + self.at)

    def update(self) -> None:
        """Send the whole state."""
        self.number += 1
        frame = json.loads(json.dumps(self._snapshot()))
        self.page.evaluate("frame => model.set('snapshot', frame)", frame)

    def set(self, trait: str, value: Any) -> None:
        """Send one trait."""
        self.page.evaluate("([name, value]) => model.set(name, value)", [trait, value])

    def node(self, words: str) -> Locator:
        """Return the box with `words` as its heading."""
        exact = self.page.locator(".nb-heading").get_by_text(words, exact=True)
        return self.page.locator(".nb-node").filter(has=exact)

    def _traits(self) -> dict[str, Any]:
        picture = frames.picture(self.view, 1)
        places = {task.id: n for n, task in enumerate(self.view.plan)}
        needs = [[places[d] for d in task.dependencies] for task in self.view.plan]
        return json.loads(
            json.dumps(
                {
                    "run": self.run.id,
                    "looks": frames.looks(),
                    "picture": picture | {"needs": needs},
                    "snapshot": self._snapshot(),
                    "patch": {"number": 0, "tasks": {}},
                    "marks": {"tasks": {}, "others": []},
                    "forecast": "",
                }
            )
        )

    def _snapshot(self) -> dict[str, Any]:
        frame = frames.snapshot(self.view, self.number)
        for place, task in enumerate(self.view.plan):
            if place in frame["tasks"]:
                tries = len(self.view.task(task.id).attempts)
                frame["tasks"][place][6:] = [tries, None]
        return frame

    def _draw(self, message: dict[str, Any]) -> dict[str, Any]:
        around = message.get("around")
        id = None if around is None else self.view.plan.tasks[around].id
        part = draw_part(self.view, around=id, opened=message.get("open"))
        return {"picture": part}

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(message)
        head = {"reply": message["number"]}
        answer = self.answers.get(message["ask"])
        if answer is None:
            return head | {"error": "not here"}
        return head | {"ok": True} | json.loads(json.dumps(answer(message)))


_MODEL = """traits => {
  const heard = {};
  window.model = {
    get: (name) => traits[name],
    on: (event, listener) => (heard[event] ??= new Set()).add(listener),
    off: (event, listener) => heard[event]?.delete(listener),
    set(name, value) { traits[name] = value; this.emit(`change:${name}`); },
    emit: (event, content) => {
      for (const each of [...(heard[event] ?? [])]) each(content);
    },
    send: (content) => window.kernel(content).then((a) => model.emit("msg:custom", a)),
  };
}"""
_SHOW = """async source => {
  const { default: widget } = await import(source);
  widget.initialize({ model });
  window.close = widget.render({ model, el: document.getElementById("cell") });
}"""
