"""Write the golden journal of the present format, and what replaying it must give.

Writes `tests/journal/golden/v<version>.sqlite` and `.json` from a real run. A golden
journal is what users have on their disks: once its format is released, neither file is
made again. With `--replace` it is.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nbagents import Agent, Orchestrator, Plan, Run, ScriptedModel, Task
from nbagents.engine.fold import replay
from nbagents.engine.state import RunState
from nbagents.journal import Journal, Summary, decode_all, encode
from nbagents.journal.schema import VERSION

GOLDEN = Path(__file__).parent.parent / "tests" / "journal" / "golden"


def main() -> int:
    """Write both files; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--replace", action="store_true", help="write over what is there"
    )
    file = GOLDEN / f"v{VERSION}.sqlite"
    if file.exists() and not parser.parse_args().replace:
        print(f"{file} is there already; --replace writes it again")
        return 1
    file.unlink(missing_ok=True)
    first = eventful()
    with Journal(file) as journal:
        store(journal, first)
        store(journal, first.fork())
    expected = {id: told(replayed(file, id)) for id in sorted(ids(file))}
    file.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")
    for beside in ("-shm", "-wal"):  # What a reader leaves behind is empty.
        Path(f"{file}{beside}").unlink(missing_ok=True)
    print(f"wrote {file}: {', '.join(expected)}")
    return 0


def eventful() -> Run:
    """Return a run in which much has happened, and most of it went wrong first."""
    team = Orchestrator(
        [Agent("count", "Counts", count), Agent.llm("writer", "Writes")],
        ScriptedModel(lambda _: "Three trends – and “more”.", price=(1.0, 2.0)),
    )
    result = {"by hand": [1, -0.0, 1e300, None, True, "\ud800"]}
    run = team.debug(plan()).resume().edit("broken", result=result).resume()
    run = run.edit("numbers", description="count to 4").resume()
    run = run.replace(Agent("count", "Counts better", count_better)).resume()
    extra = Task("extra", "count to 1", "count", ["numbers"])
    run = run.add(extra).skip("extra").rewind("numbers").resume()
    run = run.edit("broken", result=["by hand", "again"]).resume()
    return run.retry("table")


def plan() -> Plan:
    """Return the plan of it."""
    tasks = [
        Task("numbers", "count to 3", "count"),
        Task("table", "count a table", "count", ["numbers"]),
        Task("broken", "break", "count", ["numbers"]),
        Task("report", "Write it up", "writer", ["numbers", "broken"]),
    ]
    return Plan(tasks, goal="Find the “three” trends")


def count(task: str, context: dict[str, Any]) -> Any:
    """Return a list; a tuple, which is not stored, where the task is a table."""
    del context
    if task == "break":
        message = "nothing to count: ünïcode"
        raise ValueError(message)
    if task.endswith("table"):
        return ("not", "JSON")
    return list(range(int(task.rpartition(" ")[2])))


def count_better(task: str, context: dict[str, Any]) -> Any:
    """Return the same, and for other numbers something else."""
    return count(task, context) or ["none"]


def store(journal: Journal, run: Run) -> None:
    """Store all of `run`, in several writes."""
    bodies = [encode(event) for event in run.history]
    at = [event.at for event in run.history]
    summary = Summary.of(run.state, created=at[0], updated=at[-1])
    with journal.begin(run.id) as ledger:
        for start in range(0, len(bodies), 5):
            ledger.write(bodies[start : start + 5])
        ledger.write([], summary)


def ids(file: Path) -> list[str]:
    """Return the ids of the runs in a journal."""
    return [summary.id for summary in Journal(file).runs()]


def replayed(file: Path, id: str) -> RunState:
    """Return where a run of a journal stands."""
    return replay(decode_all(Journal(file).read(id)))


def told(state: RunState) -> dict[str, Any]:
    """Return all of `state` that later versions must still read from a journal."""
    return {
        "status": str(state.status),
        "reason": state.reason,
        "parent": state.parent,
        "model": state.model,
        "plan": state.plan.to_dict(),
        "seconds": state.ran,
        "former": [id for id, _ in state.former],
        "tasks": {id: _task(task) for id, task in state.tasks.items()},
    }


def _task(task: Any) -> dict[str, Any]:
    return {
        "status": str(task.status),
        # As text: -0.0 equals 0.0, and True equals 1.
        "result": repr(task.result),
        "digest": task.digest,
        "edited": task.edited,
        "reason": task.reason,
        "attempts": [_attempt(each) for each in task.attempts],
    }


def _attempt(attempt: Any) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "agent": attempt.agent,
        "status": str(attempt.status),
        "started": attempt.started,
        "ended": attempt.ended,
        "error": attempt.error and str(attempt.error),
        "prompts": [list(call.messages) for call in attempt.calls],
        "tokens": attempt.tokens,
        "cost": attempt.cost,
    }


if __name__ == "__main__":
    sys.exit(main())
