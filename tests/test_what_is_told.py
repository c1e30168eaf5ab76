"""What a run tells other tools: a table of pandas, and records of logging."""

import logging
import sys
from typing import Any

import pandas as pd
import pytest

from nbagents import Agent, Orchestrator, Retry, Run, ScriptedModel
from teams import agent_of, plan_of

KEY = "sk-proj-" + "a1B2" * 12


def execute(task: str, context: Any) -> str:
    if "bad" in task:
        raise ValueError(f"refused {KEY}")
    return f"{task}!"


def team(**more: Any) -> Orchestrator:
    return Orchestrator([agent_of(execute)], **more)


def test_a_run_is_a_table_with_a_row_for_each_attempt() -> None:
    retry = Retry(attempts=2, first=0.01, jitter=0)
    run = team(retry=retry).run(plan_of(bad=[], good=[], child=["bad"]))
    table = run.to_dataframe()
    assert list(table.columns) == [
        *("task", "agent", "attempt", "start", "end", "seconds", "success"),
        *("status", "result_size", "tokens", "cost", "error"),
    ]
    assert len(table) == len(run.trace) == 3
    bad = table[table["task"] == "bad"]
    assert list(bad["attempt"]) == [1, 2]
    assert list(bad["status"]) == ["failed", "failed"]
    assert "a1B2" not in bad["error"].iloc[0]
    good = table[table["task"] == "good"].iloc[0]
    assert good["success"]
    assert good["result_size"] == len("do good!")
    assert str(table["start"].dt.tz) == "UTC"
    assert abs(good["start"].timestamp() - run["good"].attempts[0].started) < 1e-3
    assert (table["end"] >= table["start"]).all()
    assert bad["result_size"].isna().all()
    assert table["seconds"].sum() == pytest.approx(
        sum(entry["duration_seconds"] for entry in run.trace)
    )


def test_a_run_that_did_nothing_is_a_table_of_the_same_kind() -> None:
    empty = team().debug(plan_of(a=[])).to_dataframe()
    full = team().run(plan_of(a=[])).to_dataframe()
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)
    numbers = ["attempt", "seconds", "tokens", "cost", "start", "end"]
    assert (empty[numbers].dtypes == full[numbers].dtypes).all()


def test_a_cost_that_is_not_known_is_nan() -> None:
    model = ScriptedModel(lambda messages: "ok")
    run = Orchestrator([Agent.llm("x", "Asks", model=model)]).run(plan_of(a=[]))
    known = run.trace[0]["cost"]
    cost = run.to_dataframe()["cost"].iloc[0]
    assert pd.isna(cost) if known is None else cost == known


def test_without_pandas_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = team().run(plan_of(a=[]))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="takes pandas") as caught:
        run.to_dataframe()
    assert caught.value.__notes__ == ["Try: pip install pandas"]


def logged(caplog: pytest.LogCaptureFixture, level: int, **more: Any) -> Run:
    with caplog.at_level(level, logger="nbagents"):
        return team(**more).run(plan_of(bad=[], good=[]))


def test_what_happens_is_logged_with_its_figures(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = logged(caplog, logging.DEBUG, max_parallel=1)
    said = [(r.levelname, r.nbagents["event"]) for r in caplog.records]  # type: ignore[attr-defined]
    assert said == [
        ("INFO", "RunStarted"),
        ("DEBUG", "TaskStarted"),
        ("WARNING", "TaskFailed"),
        ("DEBUG", "TaskStarted"),
        ("DEBUG", "TaskCompleted"),
        ("INFO", "RunEnded"),
    ]
    data = caplog.records[4].nbagents  # type: ignore[attr-defined]
    assert data["seconds"] == run["good"].duration_seconds
    assert {**data, "seconds": 0} == {
        "run": run.id,
        "event": "TaskCompleted",
        "task": "good",
        "agent": "x",
        "attempt": 1,
        "seconds": 0,
        "tokens": 0,
        "cost": 0.0,
    }
    assert "a1B2" not in caplog.text
    assert "task 'bad' failed: ValueError" in caplog.text


def test_only_what_is_asked_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    logged(caplog, logging.INFO)
    assert {record.levelname for record in caplog.records} == {"INFO", "WARNING"}
    caplog.clear()
    logged(caplog, logging.WARNING)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_cell_is_not_told_of_failures_twice(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    team().run(plan_of(bad=[]))
    assert capfd.readouterr().err == ""
