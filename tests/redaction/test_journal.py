"""No key reaches the journal, or what is shown of it; a run that had one comes back."""

from pathlib import Path
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task, load_run, runs
from redaction.keys import KEYS, seen


@pytest.mark.parametrize("name", KEYS)
def test_no_key_reaches_the_journal(name: str, tmp_path: Path) -> None:
    key, journal = KEYS[name], tmp_path / "runs.sqlite"

    def leak(task: str, context: dict[str, Any]) -> Any:
        return {"found": [f"it is {key.text}"], key.text: 1}

    def fail(task: str, context: dict[str, Any]) -> Any:
        message = f"refused {key.text}"
        raise ValueError(message)

    team = Orchestrator(
        [
            Agent("leaky", f"Leaks {key.text}", leak),
            Agent("fails", "Fails", fail),
            Agent.llm("asks", "Asks", system=f"You know {key.text}."),
        ],
        model=ScriptedModel(lambda request: f"I say {key.text}"),
        journal=journal,
    )
    tasks = [
        Task("leak", f"leak {key.text}", "leaky"),
        Task("ask", f"ask for {key.text}", "asks", ["leak"]),
        Task("fail", "fail", "fails"),
    ]
    run = team.run(Plan(tasks, goal=f"get {key.text}"))
    run.edit("leak", result=f"by hand: {key.text}")
    assert key.text in run["leak"].result
    written = b"\n".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    assert not seen(key, written.decode("utf-8", "replace"))
    back = load_run(journal=journal)
    shown = [repr(runs(journal=journal)), repr(back), repr(back["leak"])]
    shown += map(str, [back.history, back["leak"].result, back.trace])
    assert not [text for text in shown if seen(key, text)]
    run.stop_recording()
    again = team.load_run()
    assert again["leak"].status == "pending"
    assert "'leak'" in again.reason
    assert "was not stored" in again.reason
