"""The questions of a view, which change nothing, and their answers."""

from collections.abc import Callable
from typing import Any

from nbagents.display import asked, details, parts, timeline
from nbagents.display.asked import Asked
from nbagents.display.pictures import Pictures
from nbagents.display.source import Steered, look_at

Answer = dict[str, Any]


def answer(run: Steered, pictures: Pictures, said: Asked) -> Answer:
    """Return the answer to a question about `run`.

    Raises:
        AskedWronglyError: It is asked about a plan that is another one now, or what
            belongs to the question is missing.
        Exception: It cannot be answered.
    """
    if "version" in said:
        pictures.require(said["version"])
    return QUESTIONS[asked.verb(said)](run, pictures, said)


def _look(run: Steered, pictures: Pictures, said: Asked) -> Answer:
    id = pictures.task(said.get("version"), said.get("task"))
    return details.details(run, id) | {"version": said["version"]}


def _timeline(run: Steered, _: Pictures, __: Asked) -> Answer:
    return timeline.timeline(look_at(run), run.max_parallel)


def _draw(run: Steered, pictures: Pictures, said: Asked) -> Answer:
    around, opened = None, None
    if said.get("around") is not None:
        around = pictures.task(said.get("version"), said["around"])
    elif said.get("open") is not None:
        opened = asked.whole(said, "open")
    drawn = parts.draw_part(look_at(run), around=around, opened=opened)
    return {"picture": {**drawn, "version": pictures.version}}


QUESTIONS: dict[str, Callable[[Steered, Pictures, Asked], Answer]] = {
    "look": _look,
    "timeline": _timeline,
    "draw": _draw,
}
"""By what is asked: what answers it."""
