"""A run as one file: a page with the live view's own front end, or the drawing.

The page needs no network and no kernel. All there is to be seen travels in it as JSON,
which the browser parses and never executes; the only script is ours, and the page's own
policy lets no other run. Where scripts do not run there is the static page instead.
"""

import json
import os
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from nbagents.display import drawing, frames, look, page, safe, summary
from nbagents.display.markup import Markup, element, joined
from nbagents.display.report_details import details
from nbagents.display.report_film import Film, film
from nbagents.display.source import View, look_at
from nbagents.display.timeline import timeline
from nbagents.engine import events as e
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.moment import Moment
from nbagents.redaction import redacted


class Recorded(Protocol):
    """A run of which all that happened is known, of now or of before."""

    @property
    def progress(self) -> Mapping[str, e.Progress]:
        """What each running task said of itself last."""

    @property
    def history(self) -> tuple[e.Event, ...]:
        """Everything that happened, in order."""


def save(run: Recorded, path: str | os.PathLike[str]) -> Path:
    """Write `run` to a file and return its path; raises as `RunView.save` does."""
    where = _checked(path)
    text = html(run) if where.suffix.lower() == ".html" else drawing.draw(_seen(run)[0])
    whole = text if isinstance(text, str) else text.svg
    _write(where, whole.encode("utf-8", "replace"))
    return where


def html(run: Recorded) -> str:
    """Return the page of `run`."""
    view, stood = _seen(run)
    is_now = not isinstance(run, Moment) and view.status is RunStatus.RUNNING
    seen = film(stood.history, view.progress, view.now if is_now else None)
    data = _escaped(_data(view, stood, seen))
    script = _static("page.js")
    style = _static("page.css") + look.css("nbagents-live")
    return "<!doctype html>\n" + element(
        "html",
        element("head", *_head(view, style, script)),
        element(
            "body",
            _header(view, stood.history[0].at),
            element("main", id="nbagents-view"),
            Markup(
                f'<script type="application/json" id="nbagents-data">{data}</script>'
            ),
            Markup(f"<script>{script}</script>"),
            element("div", Markup(page.html(view)), id="nbagents-still"),
            element("footer", _FOOTER),
            class_="nbagents-live nb-page",
        ),
        lang="en",
    )


_FOOTER = (
    "A run of nbagents, as it was when this page was saved. All of it is in this file; "
    "nothing is loaded from anywhere."
)


def _checked(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file that can be written.

    Raises:
        TypeError, ValueError, FileNotFoundError, IsADirectoryError: It cannot be.
    """
    if not isinstance(path, str | os.PathLike):
        message = f"the path of a file is text or a Path, not {type(path).__name__}"
        raise TypeError(message)
    where = Path(path).expanduser()
    shown = redacted(str(where))
    if where.is_dir():
        error: Exception = IsADirectoryError(f"'{shown}' is a folder")
        error.add_note(f"Try: run.save({redacted(str(where / 'run.html'))!r})")
    elif where.suffix.lower() not in {".html", ".svg"}:
        error = ValueError(f"a run is saved as .html or .svg, not as '{where.name}'")
        error.add_note(f"Try: run.save({redacted(str(where.with_suffix('.html')))!r})")
    elif not where.parent.is_dir():
        error = FileNotFoundError(f"there is no folder '{where.parent}'")
        error.add_note(f"Try: pathlib.Path({str(where.parent)!r}).mkdir(parents=True)")
    else:
        return where
    raise error


def _write(where: Path, content: bytes) -> None:
    """Write a file whole or not at all: readers see the old one or the new one."""
    target = where.resolve()  # where it is a link, what that leads to
    fresh = target.with_name(f".nbagents-{secrets.token_hex(6)}.tmp")
    try:
        fresh.write_bytes(content)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _seen(run: Recorded) -> tuple[View, Moment]:
    """Return how `run` stands, and the same as a moment that does not move on."""
    said, now = dict(run.progress), time.time()
    stood = Moment(run.history)
    is_now = not isinstance(run, Moment) and stood.status is RunStatus.RUNNING
    seen = look_at(stood, now if is_now else stood.event.at)
    # What could be typed next is of no use to whoever has no kernel.
    return replace(seen, verbs=(), progress=said if is_now else {}, left=None), stood


def _data(view: View, stood: Moment, seen: Film) -> dict[str, Any]:
    places = {task.id: place for place, task in enumerate(view.plan)}
    return {
        "run": safe.one_line(stood.id, 80),
        "looks": frames.looks(),
        "pictures": seen.pictures,
        # Where the tasks of each picture stand in the plan of the end.
        "places": [[places.get(t.id, -1) for t in plan] for plan in seen.plans],
        "rows": seen.rows,
        "left_out": seen.left_out,
        "details": details(stood.state),
        "timeline": timeline(view),
    }


def _escaped(data: Any) -> str:
    """Return `data` as JSON in which nothing can end the script that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(
        {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}
    )


def _static(name: str) -> str:
    text = (files("nbagents.display") / "static" / name).read_text("utf-8")
    return text.replace("\r\n", "\n")  # the browser does, before it takes the digest


def _head(view: View, style: str, script: str) -> list[Markup]:
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    said = ", ".join(summary.headline(view))
    return [
        Markup('<meta charset="utf-8"/>'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        Markup('<meta name="referrer" content="no-referrer"/>'),
        Markup('<meta name="color-scheme" content="light dark"/>'),
        element("meta", name_="description", content=f"{_title(view)}: {said}"),
        element("title", _title(view)),
        element("style", Markup(style)),
    ]


def _title(view: View) -> str:
    return safe.one_line(view.plan.goal or f"run {view.run}", 200)


def _header(view: View, created: float) -> Markup:
    how = look.RUN[view.status]
    began = created if view.started is None else view.started
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(began))
    model = "simulated model" if view.simulated else view.model
    name = f"run {safe.one_line(view.run or '', 60)}" if view.plan.goal else None
    facts = [name, model and safe.one_line(model, 60)]
    line = joined(
        element("b", f"{how.symbol} {how.label}"),
        " · ",
        Markup(f'<time datetime="{when[:16].replace(" ", "T")}Z">{when}</time>'),
        "".join(f" · {fact}" for fact in facts if fact),
    )
    return element("header", element("h1", _title(view)), element("p", line))
