"""Kernels that are restarted in the middle of a run: nothing is lost or done twice.

`benchmarks/restarts.py` does the same more often.
"""

from pathlib import Path

import pytest

import restarted

pytestmark = pytest.mark.notebook


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the results of the notebook that nobody disturbs."""
    outcome = restarted.restarted(0, tmp_path_factory.mktemp("plain"), most=0)
    assert (len(outcome.results), outcome.moments) == (restarted.TASKS, [])
    assert (outcome.broken, outcome.repeated, outcome.redone) == ([], [], [])
    return outcome.results


@pytest.mark.parametrize("seed", range(4))
def test_a_notebook_whose_kernel_restarts_ends_as_if_it_had_not(
    seed: int, plain: dict[str, object], tmp_path: Path
) -> None:
    outcome = restarted.restarted(seed, tmp_path)
    assert outcome.finished
    assert outcome.results == plain
    assert (outcome.broken, outcome.lost) == ([], [])


def test_what_is_known_to_be_done_must_not_begin_again() -> None:
    known = "began a, done a, told a, began b, done b, began c, kept d"
    log = [line.split() for line in f"{known}, began a, began b, began c".split(", ")]
    assert restarted.read(log) == (2, ["a"], ["c"], ["b"])
