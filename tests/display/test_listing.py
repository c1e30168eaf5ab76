"""The table of runs: every kind of run in a line, and nothing hostile in it."""

from nbagents.engine.lifecycle import RunStatus
from nbagents.journal import Summary
from nbagents.journal.claims import Holder
from nbagents.recorded import Runs

HOSTILE = "<script>alert(1)</script>\n\x1b[31m sk-proj-" + "a1B2" * 12


def run(id: str, **told: object) -> Summary:
    figures = {"created": 1.7e9, "tasks_total": 9, "tasks_done": 3, "tokens": 1200}
    return Summary(id=id, **{**figures, **told})  # type: ignore[arg-type]


RUNS = Runs(
    [
        run("last", goal="Top trends", status=RunStatus.COMPLETED, cost=0.25),
        run("cut", status=RunStatus.RUNNING, simulated=True, cost=None),
        run("held", status=RunStatus.RUNNING, held_by=Holder("h", 1, 0.0, alive=True)),
        run("bad", damaged=True),
        run("evil", goal=HOSTILE, status=RunStatus.PAUSED),
    ]
)


def test_each_run_is_a_line_that_says_where_it_stands() -> None:
    head, *lines = repr(RUNS).splitlines()
    assert head.split() == [
        "run",
        "begun",
        "state",
        "tasks",
        "tokens",
        "cost",
        "what",
        "for",
    ]
    last, cut, held, bad, evil, then = lines
    assert "✓ completed" in last
    assert "3 of 9" in last
    assert "$0.25" in last
    assert last.endswith("Top trends")
    assert "cut off" in cut
    assert "(simulated)" in cut
    assert "cost unknown" in cut
    assert "running" in held
    assert "damaged" in bad
    assert "paused" in evil
    assert then == "next: team.load_run('last')  nbagents.load_run('last')"


def test_the_next_line_finds_the_run_wherever_its_journal_is() -> None:
    listed = Runs([run("bad", damaged=True), run("good")], "it's/mine.sqlite")[:]
    again = "nbagents.load_run('good', journal=\"it's/mine.sqlite\")"
    assert repr(listed).endswith(f"next: team.load_run('good')  {again}")
    assert "next:" not in repr(Runs([run("bad", damaged=True)]))


def test_goals_cannot_act_and_give_no_key_away() -> None:
    bundle = RUNS._repr_mimebundle_()
    for text in bundle.values():
        assert "a1B2a1B2" not in text
        assert "\x1b" not in text
    assert "<script>" not in bundle["text/html"]


def test_no_runs_and_many_runs_are_said() -> None:
    assert repr(Runs([])) == "no runs yet"
    assert "no runs yet" in Runs([])._repr_mimebundle_()["text/html"]
    many = Runs([run(f"r{number}") for number in range(60)])
    assert "… and 10 more" in repr(many)
    assert "… and 10 more" in many._repr_mimebundle_()["text/html"]
    assert len(many[:3]) == 3
