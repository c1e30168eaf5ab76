"""A run saved as a page: all of it is there, and nothing in it acts."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from display.inert import Page, read
from display.runs import HOSTILE, START, Run, mixed, plan
from hostile import TEXTS
from nbagents import Agent, Orchestrator, Plan, Task, load_run
from nbagents.display import frames, report, report_details, report_film
from nbagents.display.report_film import film
from nbagents.engine import events as e
from nbagents.engine.moment import Moment
from nbagents.redaction import redacted
from redaction.keys import KEYS

OPENAI, SECRET = KEYS["OpenAI"]


class Document(HTMLParser):
    """A page, read: its scripts, what it says, and the data in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.tags: list[str] = []
        self._in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append((dict(attrs), ""))
        assert not [name for name, _ in attrs if name.startswith("on")], attrs

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    @property
    def data(self) -> Any:
        return json.loads(self.scripts[0][1])


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def team(*, fail: bool = False) -> Orchestrator:
    def work(task: str, context: dict[str, Any]) -> str:
        if fail and "c" in task:
            raise ValueError(f"cannot {task}")
        return f"did {task} with {sorted(context)}"

    return Orchestrator([Agent("worker", "Works", work)], journal=None)


def still(html: str) -> Page:
    """Return what is shown where scripts do not run; nothing in it may act."""
    start, end = html.index('<div id="nbagents-still">'), html.index("<footer>")
    return read(re.sub(' (id|data-run)="[^"]*"', "", html[start:end]))


def with_history(run: Run) -> Any:
    """Return a run of the tests that knows what happened in it."""
    happened: list[e.Event] = [e.RunCreated(START, run.id, run.plan)]
    run.subscribe(happened.append)
    run.history = happened
    return run


def states(row_records: dict[int, list[Any]], a_plan: Plan) -> dict[str, str]:
    return {
        task.id: str(frames.STATUSES[row_records.get(place, [0])[0]])
        for place, task in enumerate(a_plan)
    }


def played(shot: report_film.Film, position: int) -> tuple[Plan, dict[int, list[Any]]]:
    """Return the plan and the records after a row, as a browser plays them."""
    records: dict[int, list[Any]] = {}
    a_plan = shot.plans[0]
    for row in shot.rows[: position + 1]:
        if len(row) > 5:
            a_plan, records = shot.plans[row[5]], {}
        records |= dict(zip(row[3][::2], row[3][1::2], strict=True))
    return a_plan, records


def edited_run() -> Any:
    """Return a run in which much was changed by hand."""
    run = team(fail=True).run(plan("a", "b<a", "c<b", "d<b", "e<c,d"))
    run.skip("c")
    run.add(Task("f", "do f", "worker", ["a"]))
    run.resume()
    run.edit("a", result="another")
    run.rewind("b")
    run.resume()
    run.remove("e")
    return run


def test_a_page_is_written_and_its_path_given_back(tmp_path: Path) -> None:
    run = team().run(plan("a", "b<a"))
    where = run.save(tmp_path / "run.html")
    assert where == tmp_path / "run.html"
    text = where.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert f"<title>run {run.id}</title>" in text
    assert names(tmp_path) == ["run.html"]


def test_a_drawing_is_written_by_its_suffix(tmp_path: Path) -> None:
    where = team().run(plan("a")).save(str(tmp_path / "run.SVG"))
    assert where.read_text("utf-8").startswith("<svg")


def test_what_was_there_is_replaced_whole_or_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "run.html"
    where.write_text("old")
    run = team().run(plan("a"))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            run.save(where)
    assert where.read_text() == "old"
    assert names(tmp_path) == ["run.html"]
    run.save(where)
    assert "old" not in where.read_text("utf-8")[:100]


def test_a_path_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    run = team().run(plan("a"))
    with pytest.raises(FileNotFoundError, match="there is no folder") as missing:
        run.save(tmp_path / "none" / "run.html")
    assert "mkdir" in missing.value.__notes__[0]
    with pytest.raises(IsADirectoryError, match="is a folder") as folder:
        run.save(tmp_path)
    assert "run.html" in folder.value.__notes__[0]
    with pytest.raises(
        ValueError, match=r"as \.html or \.svg, not as 'run.pdf'"
    ) as pdf:
        run.save(tmp_path / "run.pdf")
    assert "run.html" in pdf.value.__notes__[0]
    with pytest.raises(TypeError, match="is text or a Path, not int"):
        run.save(3)
    assert names(tmp_path) == []


def test_runs_of_before_and_moments_can_be_saved_too(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    worker = Agent("worker", "Works", lambda task, _: task)
    run = Orchestrator([worker], journal=journal).run(plan("a", "b<a"))
    saved = run.save(tmp_path / "run.html").read_text("utf-8")
    old = load_run(run.id, journal=journal)
    assert old.save(tmp_path / "old.html").read_text("utf-8") == saved
    page = Document(report.html(run.at("a")))
    assert page.data["rows"][-1][2] == "a completed"
    assert len(page.data["rows"]) < len(Document(saved).data["rows"])


def test_the_same_run_gives_the_same_page() -> None:
    run = edited_run()
    assert report.html(run) == report.html(run)


def test_every_moment_of_the_film_is_how_the_run_was() -> None:
    run = edited_run()
    history, shot = run.history, film(run.history)
    assert len(shot.pictures) == len(shot.plans) == 3
    assert shot.events[-1] == len(history) - 1
    for position, at in enumerate(shot.events):
        then = Moment(history[: at + 1])
        a_plan, records = played(shot, position)
        assert a_plan == then.plan
        was = {id: str(task.status) for id, task in then.state.tasks.items()}
        assert states(records, a_plan) == was
    # What is not in the film changed nothing that could be seen.
    for at in set(range(len(history))) - set(shot.events):
        before, then = Moment(history[:at]), Moment(history[: at + 1])
        assert before.status == then.status
        assert before.plan == then.plan


def test_a_film_that_would_be_too_large_begins_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = edited_run()
    whole = film(run.history)
    monkeypatch.setattr(report_film, "MOST_BYTES", 1500)
    shot = film(run.history)
    assert 0 < shot.left_out == len(whole.rows) - len(shot.rows)
    last = len(shot.rows) - 1
    for position in (0, last // 2, last):
        assert played(shot, position) == played(whole, position + shot.left_out)
    monkeypatch.setattr(report_film, "MOST_PICTURES", 1)
    assert len(film(run.history).pictures) == 1


def test_a_run_that_is_running_is_saved_as_it_is_now() -> None:
    run = with_history(Run(plan("a", "b<a"))).start()
    run.begin("a")
    run.say("a", "page 3 of 10", 0.3)
    run.history.pop()  # what was said is not kept
    page = Document(report.html(run))
    words, changed = page.data["rows"][-1][2:4]
    assert words == "this was saved"
    assert changed[1][3:5] == [0.3, "page 3 of 10"]
    # A moment of the past does not go on until now.
    was = Moment(run.history)
    assert Document(report.html(was)).data["rows"][-1][2] == "a started"


def test_a_page_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    run = team().run(plan("a", "b", "c"))
    monkeypatch.setattr(report_details, "MOST_OF_ALL", 3000)
    told = [each["html"] for each in Document(report.html(run)).data["details"]]
    assert "did Do a" in told[0]
    assert "not in this page" in told[-1]
    assert sum(map(len, told)) < 4000


def test_a_run_of_two_thousand_tasks_stays_within_bounds() -> None:
    tasks = [
        Task(f"t{n}", "x" * 300, "w", [f"t{n - 20}"] if n > 19 else [])
        for n in range(2000)
    ]
    run = with_history(Run(Plan(tasks))).start()
    for task in tasks:
        run.complete(task.id, "y" * 50_000)
    run.end()
    text = report.html(run)
    assert len(text.encode()) < 11_000_000
    assert Document(text).data["left_out"] == 0


def test_a_goal_that_could_not_be_planned_has_a_page() -> None:
    run = with_history(Run(Plan(goal="find out"))).start()
    run.end("failed", "no plan")
    page = Document(report.html(run))
    assert page.data["rows"][-1][4]["reason"] == "no plan"


@pytest.mark.parametrize("text", sorted({*TEXTS, *HOSTILE}))
def test_hostile_text_is_in_the_page_and_does_nothing(text: str) -> None:
    tasks = [Task(text, text, text), Task(f"{text} 2", text, text, [text])]
    run = with_history(Run(Plan(tasks, goal=text), id=text)).start()
    run.complete(text, text)
    run.fail(f"{text} 2", ValueError(text))
    run.end("failed", text)
    html = report.html(run)
    page = Document(html)
    kinds = [attributes.get("type") for attributes, _ in page.scripts]
    assert kinds == ["application/json", None]
    assert page.scripts[1][1] == report._static("page.js")
    assert not {"iframe", "object", "embed", "base", "form", "link"} & set(page.tags)
    still(html)
    shown = page.data["details"]
    assert shown[0]["description"] == frames.safe.visible(text)
    for each in shown:
        read(each["html"])
    assert page.data["run"] == frames.safe.one_line(text, 80)


def test_keys_are_nowhere_in_the_file() -> None:
    tasks = [Task(f"t {OPENAI}", f"d {OPENAI}", f"w {OPENAI}")]
    tasks.append(Task("two", "x", "w"))
    run = with_history(Run(Plan(tasks, goal=f"g {OPENAI}"), id=f"r {OPENAI}")).start()
    run.complete(f"t {OPENAI}", {"key": OPENAI, OPENAI: [OPENAI]})
    run.fail("two", ValueError(f"key {OPENAI}"))
    run.end("failed", f"because {OPENAI}")
    html = report.html(run)
    assert OPENAI not in html
    assert SECRET not in html
    assert html.count(redacted(OPENAI)[:10]) > 5


def test_the_script_is_ours_and_the_policy_lets_in_no_other() -> None:
    page = report.html(mixed_with_history())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'; script-src 'sha256-" in policy[1]
    script = report._static("page.js")
    assert "</script" not in script.lower()
    assert "<!--" not in script
    assert not re.search(r"https?://(?!www\.w3\.org/)", page)


def mixed_with_history() -> Any:
    run = mixed()
    events: list[e.Event] = [e.RunCreated(START, run.id, run.plan), e.RunStarted(START)]
    run.history = tuple(events)
    return run


def test_what_stands_in_the_page_without_scripts_is_the_static_page() -> None:
    run = with_history(Run(plan("a"))).start()
    run.complete("a")
    run.end()
    html = report.html(run)
    shown = still(html)
    assert [kind for kind, _ in shown.pictures()] == ["image/svg+xml"]
    assert "1 of 1 task" in shown.text
    assert "run.resume" not in shown.text
