"""Journals that are on people's disks are read by every later version."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from nbagents.journal import Journal
from nbagents.journal.schema import VERSION

GOLDEN = Path(__file__).parent / "golden"
JOURNALS = sorted(GOLDEN.glob("*.sqlite"))
SCRIPT = GOLDEN.parents[2] / "scripts" / "make_golden_journal.py"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden_journal", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_is_a_golden_journal_of_every_version() -> None:
    assert [each.stem for each in JOURNALS] == [f"v{n + 1}" for n in range(VERSION)]


@pytest.mark.parametrize("golden", JOURNALS, ids=lambda path: path.stem)
def test_a_golden_journal_is_replayed_to_the_same_state(
    golden: Path, tmp_path: Path, maker: ModuleType
) -> None:
    file = shutil.copy(golden, tmp_path)
    expected = json.loads(golden.with_suffix(".json").read_text("utf-8"))
    for id, state in expected.items():
        assert maker.told(maker.replayed(file, id)) == state
    assert {each.id for each in Journal(file).runs()} == expected.keys()
    assert not any(each.damaged for each in Journal(file).runs())


def test_the_golden_run_is_an_eventful_one() -> None:
    first, second = json.loads((GOLDEN / "v1.json").read_text("utf-8")).values()
    states = [*first["tasks"].values(), *second["tasks"].values()]
    attempts = [each for task in states for each in task["attempts"]]
    assert {first["parent"], second["parent"]} > {None}
    assert any(task["edited"] for task in states)
    assert any(each["error"] for each in attempts)
    assert any(each["prompts"] and each["tokens"] for each in attempts)
    assert any("Unstored" in task["result"] for task in states)


def test_what_happens_today_is_written_and_read_back_the_same(
    tmp_path: Path, maker: ModuleType
) -> None:
    run = maker.eventful()
    journal = Journal(tmp_path / "now.sqlite")
    maker.store(journal, run)
    again = maker.told(maker.replayed(journal.path, run.id))
    now = maker.told(run.state)
    for state in (again, now):
        state["tasks"]["table"].pop("result")  # A tuple: it is not stored.
    assert again == now
