"""The attempts of a run as a table of pandas."""

from typing import TYPE_CHECKING, Any

from nbagents.engine import metrics
from nbagents.engine.state import RunState

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = {
    "attempt": "int64",
    "seconds": "float64",
    "success": "bool",
    "result_size": "Int64",  # Where there is no result there is no size of one.
    "tokens": "int64",
    "cost": "float64",
}
_COLUMNS = (
    "task",
    "agent",
    "attempt",
    "start",
    "end",
    "seconds",
    "success",
    "status",
    "result_size",
    "tokens",
    "cost",
    "error",
)


def frame(state: RunState) -> "pd.DataFrame":
    """Return one row for each attempt, in the order they started, redacted.

    `result_size` is in characters, and not available where there is no result.

    Raises:
        ImportError: pandas is not installed.
    """
    pandas = _pandas()
    table = pandas.DataFrame(_rows(state), columns=list(_COLUMNS))
    for name in ("start", "end"):
        seconds = table[name].astype("float64")
        times = pandas.to_datetime(seconds, unit="s", utc=True)
        table[name] = times.astype("datetime64[ns, UTC]")
    typed: pd.DataFrame = table.astype(_NUMBERS)
    return typed


def _rows(state: RunState) -> list[dict[str, Any]]:
    statuses = [str(attempt.status) for _, attempt in metrics.in_order(state)]
    renamed = {"task_id": "task", "duration_seconds": "seconds"}
    return [
        {**{renamed.get(key, key): value for key, value in entry.items()}, "status": s}
        for entry, s in zip(metrics.trace(state), statuses, strict=True)
    ]


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError as error:
        message = "a table of a run takes pandas, which is not installed here"
        missing = ImportError(message, name="pandas")
        missing.add_note("Try: pip install pandas")
        raise missing from error
    return pd
