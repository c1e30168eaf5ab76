"""How each state looks: one table for text, picture and live view.

A state is told by its symbol and its shape as well as by its colour. The colours
are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), which people with any
kind of colour vision tell apart, darkened to a contrast of 4.5 on white.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from nbagents.engine.lifecycle import RunStatus, TaskStatus

_DISC = "M8 1a7 7 0 1 0 0 14a7 7 0 1 0 0-14z"
_RING = _DISC + "M8 2.6a5.4 5.4 0 1 0 0 10.8a5.4 5.4 0 1 0 0-10.8z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a state looks.

    Attributes:
        symbol: One character, one column wide, in the common fonts.
        label: One word.
        icon: SVG path in a box of 16 by 16, filled by the even-odd rule: what is
            cut out of a disc shows the colour behind it.
        accent: Colour of icon and outline.
        fill: Colour of the box in the static picture.
    """

    symbol: str
    label: str
    icon: str
    accent: str
    fill: str


_T = TaskStatus
_R = RunStatus

TASK: Mapping[TaskStatus, Look] = {
    _T.PENDING: Look(
        symbol="○", label="pending", icon=_RING, accent="#6b7280", fill="#f6f7f9"
    ),
    _T.RUNNING: Look(
        symbol="►",
        label="running",
        icon=_DISC + "M6.2 4.6v6.8l5.4-3.4z",
        accent="#0065b3",
        fill="#e3f0fb",
    ),
    _T.COMPLETED: Look(
        symbol="✓",
        label="completed",
        icon=_DISC + "M3.9 8.3l1.3-1.3 1.9 1.9 3.8-3.9 1.3 1.3-5.1 5.2z",
        accent="#007a59",
        fill="#e4f5ee",
    ),
    _T.FAILED: Look(
        symbol="✗",
        label="failed",
        icon=_DISC + "M5.9 4.6l2.1 2.1 2.1-2.1 1.3 1.3-2.1 2.1 2.1 2.1-1.3 1.3"
        "-2.1-2.1-2.1 2.1-1.3-1.3 2.1-2.1-2.1-2.1z",
        accent="#c0431a",
        fill="#fdeae2",
    ),
    _T.SKIPPED: Look(
        symbol="⊘",
        label="skipped",
        icon=_RING + "M4.6 10.3l5.7-5.7 1.1 1.1-5.7 5.7z",
        accent="#7b5a8c",
        fill="#f5eff8",
    ),
    _T.STALE: Look(
        symbol="↻",
        label="stale",
        icon=_DISC + "M8 3.9a4.1 4.1 0 1 1-4.1 4.1h1.5a2.6 2.6 0 1 0 2.6-2.6v1.7"
        "l-2.7-2.4 2.7-2.4z",
        accent="#96610a",
        fill="#fdf3dc",
    ),
    _T.CANCELLED: Look(
        symbol="■",
        label="cancelled",
        icon=_DISC + "M5.3 5.3h5.4v5.4h-5.4z",
        accent="#4b5563",
        fill="#eceef1",
    ),
}

CHANGES: Mapping[str, Look] = {
    "new": Look(
        symbol="+",
        label="new",
        icon=_DISC + "M7.1 4.5h1.8v2.6h2.6v1.8h-2.6v2.6h-1.8v-2.6h-2.6v-1.8h2.6z",
        accent=TASK[_T.COMPLETED].accent,
        fill=TASK[_T.COMPLETED].fill,
    ),
    "changed": Look(
        symbol="~",
        label="changed",
        icon=_DISC + "M8 3.8l4 7.2h-8z",
        accent=TASK[_T.RUNNING].accent,
        fill=TASK[_T.RUNNING].fill,
    ),
    "gone": Look(
        symbol="-",
        label="gone",
        icon=_DISC + "M4.5 7.1h7v1.8h-7z",
        accent=TASK[_T.FAILED].accent,
        fill=TASK[_T.FAILED].fill,
    ),
}
"""How the tasks of two plans look that are not the same in both."""

RUN: Mapping[RunStatus, Look] = {
    _R.PLANNED: TASK[_T.PENDING],
    _R.RUNNING: TASK[_T.RUNNING],
    _R.PAUSED: Look(
        symbol="‖",
        label="paused",
        icon=_DISC + "M5.2 4.9h2v6.2h-2zM8.8 4.9h2v6.2h-2z",
        accent="#96610a",
        fill="#fdf3dc",
    ),
    _R.COMPLETED: TASK[_T.COMPLETED],
    _R.FAILED: TASK[_T.FAILED],
    _R.CANCELLED: TASK[_T.CANCELLED],
}

LOUDNESS = (
    _T.FAILED,
    _T.RUNNING,
    _T.STALE,
    _T.CANCELLED,
    _T.SKIPPED,
    _T.PENDING,
    _T.COMPLETED,
)
"""Which state stands for a group of tasks: the first of these that one is in."""


def loudest(counts: Mapping[TaskStatus, int]) -> TaskStatus:
    """Return the state that stands for a group with `counts` tasks in each state."""
    return next((each for each in LOUDNESS if counts.get(each)), _T.PENDING)


def css(scope: str) -> str:
    """Return the colour of each state as CSS, for what is inside the class `scope`."""
    named = chain(RUN.items(), TASK.items())
    accents = {str(name): how.accent for name, how in named}
    return "\n".join(
        f".{scope} .nb-{name} {{ --nb-accent: {accent} }}"
        for name, accent in accents.items()
    )
