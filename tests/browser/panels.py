"""A run for the tests of the view's panels, as the kernel would tell it."""

from typing import Any

from nbagents.display import frames

PENDING, RUNNING, COMPLETED, FAILED, SKIPPED, STALE, _ = range(len(frames.STATUSES))

TASKS = [
    ("load", "loader", []),
    ("clean", "analyst", [0]),
    ("trends", "analyst", [1]),
    ("chart", "coder", [2]),
    ("forecast", "analyst", [1, 2]),
    ("report", "writer", [2, 3, 4]),
]

RECORDS = {
    "0": [COMPLETED, 0.42, 0, None, "", 0, 1, None],
    "1": [COMPLETED, 2.1, 1204, None, "", 0.0021, 1, None],
    "2": [RUNNING, 3.4, 812, 0.4, "reading page 2 of 5", 0.0014, 2, None],
    "3": [PENDING, 1.2, 305, None, "rate limit reached", 0.0007, 1, 9.0],
    "4": [FAILED, 1.9, 640, None, "ValueError: no column 'price'", 0.0011, 2, None],
}

CAN = {"resume": "", "pause": "the run is paused already", "step": "", "stop": ""}

RUN = {
    "status": "paused",
    "planning": False,
    "reason": "breakpoint before 'forecast'",
    "elapsed": 12.3,
    "model": "gpt-4o",
    "left": None,
    "limits": ["7 of 50 calls"],
    "can": CAN,
}

HTML = """<div class="nbagents"><details open style="margin:8px 0">
<summary style="cursor:pointer;font-weight:600">inputs</summary>
<details open style="margin:4px 0 4px 14px"><summary>clean</summary>
<pre style="margin:6px 0;padding:6px 10px;background:rgba(128,128,128,.1)">month  price
Jan    12.4
Feb    13.1</pre></details></details>
<details style="margin:8px 0"><summary style="font-weight:600">prompt · 2 messages, 420
characters</summary><pre>You are an analyst.</pre></details>
<details open style="margin:8px 0"><summary style="font-weight:600">error</summary>
<pre style="margin:6px 0;padding:6px 10px;background:rgba(128,128,128,.1)">Traceback
  File "agents.py", line 12, in analyst
    return frame["price"].mean()
ValueError: no column 'price'</pre></details></div>"""

_VERBS = ("step", "resume", "retry", "edit", "skip", "replace", "break")


def values(tasks: int = len(TASKS), **others: Any) -> dict[str, Any]:
    """Return the traits of a run at a breakpoint; `tasks` makes it larger."""
    more = [(f"t{n}", "worker", []) for n in range(len(TASKS), tasks)]
    planned = [*TASKS, *more]
    picture = {
        "version": 3,
        "svg": "",
        "folded": False,
        "tasks": [[id, agent, place] for place, (id, agent, _) in enumerate(planned)],
        "needs": [needs for *_, needs in planned],
    }
    return {
        "run": "run-1",
        "picture": picture,
        "snapshot": snapshot(),
        "marks": {"tasks": {"4": ["before"]}, "others": ["when expensive"]},
        "forecast": "3 tasks will run · about 4.2 s · $0.01",
        **others,
    }


def snapshot(number: int = 1, **run: Any) -> dict[str, Any]:
    """Return a whole state, with some of what is told of the run changed."""
    return {"number": number, "run": RUN | run, "tasks": dict(RECORDS)}


def details(place: int = 4, **others: Any) -> dict[str, Any]:
    """Return the answer to a look into a task."""
    id, agent, needs = TASKS[place]
    answer = {
        "task": place,
        "version": 3,
        "id": id,
        "agent": agent,
        "status": "failed",
        "description": "Forecast the sales of the next quarter, by region.",
        "description_why": "",
        "dependencies": needs,
        "html": HTML,
        "can": dict.fromkeys(_VERBS, "") | {"step": "a failed task is retried"},
        "agents": ["analyst", "coder", "writer"],
        "marks": ["before"],
        "result": {"kind": "text", "text": "about 14 % more", "why": ""},
    }
    return {"ok": True, **answer, **others}
