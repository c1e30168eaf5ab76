"""A saved run, opened as a file in a browser that has nothing else."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser.hurry import hurry
from display.runs import START, Run
from hostile import TEXTS
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.display import look, safe
from nbagents.display.report_film import film
from nbagents.engine import events as e
from nbagents.engine.moment import Moment

pytestmark = pytest.mark.browser


class Opened:
    """A page of its own; what it asks for, says and refuses is in `trouble`."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page, self.trouble = page, []
        page.on("console", lambda said: self.trouble.append(said.text))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("request", lambda asked: self._requested(asked.url))
        page.goto(path.as_uri())
        self._file = path.as_uri()

    def _requested(self, url: str) -> None:
        if not url.startswith(("file:", "data:")):
            self.trouble.append(url)

    @property
    def moment(self) -> Locator:
        return self.page.locator(".nb-moment")

    def go(self, position: int) -> None:
        """Move the slider, as a pointer does."""
        self.page.locator(".nb-slider").evaluate(
            "(slider, to) => { slider.value = to; "
            "slider.dispatchEvent(new Event('input')) }",
            position,
        )

    def states(self) -> dict[str, str]:
        """Return the state of each task as its row tells it."""
        return self.page.locator(".nb-rows").evaluate(
            "rows => Object.fromEntries([...rows.children].map((row) => "
            "[row.querySelector('.nb-id').textContent, "
            "row.querySelector('.nb-state').textContent.trim()]))"
        )


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    # High enough that every row of the table is in sight.
    context = browser.new_context(
        viewport={"width": 1280, "height": 1400}, offline=True
    )
    yield context.new_page()
    context.close()


def work(task: str, context: dict[str, Any]) -> str:
    if "fail" in task:
        raise ValueError("no column 'price'")
    return f"did {task}"


def edited_run() -> Any:
    """Return a run in which much was changed by hand."""
    plan = Plan(
        [
            Task("load", "load it", "worker"),
            Task("left", "go left", "worker", ["load"]),
            Task("right", "fail here", "worker", ["load"]),
            Task("join", "join them", "worker", ["left", "right"]),
        ],
        goal="Join what there is",
    )
    run = Orchestrator([Agent("worker", "Works", work)], journal=None).run(plan)
    run.skip("right")
    run.add(Task("more", "and more", "worker", ["load"]))
    run.resume()
    run.edit("load", result="another")
    return run.resume()


def test_each_position_of_the_slider_is_how_the_run_was(
    page: Page, tmp_path: Path
) -> None:
    run = edited_run()
    opened = Opened(page, run.save(tmp_path / "run.html"))
    shot = film(run.history)
    last = len(shot.rows) - 1
    expect(page.locator("h1")).to_have_text("Join what there is")
    expect(opened.moment).to_contain_text(f"{last + 1} of {last + 1}")
    chosen = [last, 0, *random.Random(7).sample(range(last), 12), last]
    for position in chosen:
        opened.go(position)
        then = Moment(run.history[: shot.events[position] + 1])
        expect(opened.moment).to_contain_text(f"{position + 1} of {last + 1}")
        was = {id: str(task.status) for id, task in then.state.tasks.items()}
        assert opened.states() == was
        label = page.locator(".nb-line .nb-state")
        expect(label).to_have_text(look.RUN[then.status].label)
        boxes = page.locator(".nb-node .nb-heading").all_text_contents()
        assert sorted(boxes) == sorted(was)
    assert opened.trouble == []


def test_keys_buttons_and_play_go_through_what_happened(
    page: Page, tmp_path: Path
) -> None:
    run = edited_run()
    opened = Opened(page, run.save(tmp_path / "run.html"))
    count = len(film(run.history).rows)
    page.keyboard.press("ArrowLeft")
    expect(opened.moment).to_contain_text(f"{count - 1} of {count}")
    page.get_by_label("One event back").click()
    page.get_by_label("One event on").click()
    expect(opened.moment).to_contain_text(f"{count - 1} of {count}")
    slider = page.locator(".nb-slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(opened.moment).to_have_text(f"0.0 s · 1 of {count} · created")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(opened.moment).to_contain_text("load started")
    assert slider.get_attribute("aria-valuetext") == opened.moment.text_content()
    page.get_by_label("Speed").select_option("16")
    page.get_by_label("Play", exact=True).click()
    expect(opened.moment).to_contain_text(f"{count} of {count}")
    expect(page.get_by_label("Play", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Timeline").click()
    expect(page.locator(".nb-bars")).to_contain_text("load")
    assert opened.trouble == []


def test_a_run_that_was_running_stands_still(page: Page, tmp_path: Path) -> None:
    run = Run(Plan([Task("a", "do it", "worker")]))
    run.history = [e.RunCreated(START, run.id, run.plan)]
    run.subscribe(run.history.append)
    run.start().begin("a", 3)
    run.history.append(e.RunPaused(START + 9, "you paused it"))
    moment = Moment(run.history[:-1])
    opened = Opened(page, moment.save(tmp_path / "run.html"))
    time = page.locator(".nb-row .nb-time").last
    expect(time).to_have_text("0.0 s")
    page.clock.install()
    page.reload()
    page.clock.run_for(60_000)
    expect(time).to_have_text("0.0 s")
    expect(page.locator(".nb-elapsed")).to_have_text("3.0 s")
    assert opened.trouble == []


def test_hostile_text_does_nothing_wherever_it_stands(
    browser: Browser, page: Page, tmp_path: Path
) -> None:
    run = Run(Plan([Task(text, text, text) for text in TEXTS], goal=TEXTS[0]))
    run.history = [e.RunCreated(START, run.id, run.plan)]
    run.subscribe(run.history.append)
    run.start()
    for text in TEXTS:
        run.complete(text, text)
    run.end("failed", " ".join(TEXTS))
    path = Moment(run.history).save(tmp_path / "run.html")
    opened = Opened(page, path)
    expect(page.locator(".nb-rows .nb-row").first).to_be_visible()
    for position in range(0, len(film(run.history).rows), 7):
        opened.go(position)
    hurry(page)
    page.locator(".nb-rows .nb-row").first.focus()
    for text in TEXTS:
        page.keyboard.press("Enter")
        title = page.locator(".nb-subject .nb-code")
        expect(title).to_have_text(safe.one_line(text, 80))
        description = page.locator(".nb-description")
        expect(description).to_have_text(safe.visible(text))
        shown = page.locator(".nb-sections").text_content() or ""
        assert " ".join(safe.visible(text).split()) in " ".join(shown.split())
        page.keyboard.press("ArrowDown")
    assert page.evaluate("() => window.nbActed") is None
    assert page.locator("script").count() == 2
    assert opened.trouble == []
    context = browser.new_context(java_script_enabled=False, offline=True)
    still = Opened(context.new_page(), path)
    expect(still.page.locator("#nbagents-still img")).to_be_visible()
    body = still.page.locator("#nbagents-still").text_content() or ""
    for text in TEXTS:
        assert safe.one_line(text)[:20] in " ".join(body.split())
    assert still.trouble == []
    context.close()


def test_without_scripts_and_on_paper_there_is_the_static_page(
    browser: Browser, page: Page, tmp_path: Path
) -> None:
    path = edited_run().save(tmp_path / "run.html")
    context = browser.new_context(java_script_enabled=False, offline=True)
    plain = context.new_page()
    plain.goto(path.as_uri())
    picture = plain.locator("#nbagents-still img")
    expect(picture).to_be_visible()
    assert "Graph of tasks" in (picture.get_attribute("alt") or "")
    box = picture.bounding_box()
    assert box is not None
    assert box["height"] > 50
    context.close()
    opened = Opened(page, path)
    expect(page.locator("#nbagents-still")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator("#nbagents-still img")).to_be_visible()
    expect(page.locator(".nb-scrubber")).to_be_hidden()
    assert opened.trouble == []


def test_a_script_of_somebody_else_does_not_run(page: Page, tmp_path: Path) -> None:
    path = edited_run().save(tmp_path / "run.html")
    text = path.read_text("utf-8")
    act = "<script>window.nbActed=1</script><img src=x onerror=window.nbActed=1></body>"
    path.write_text(text.replace("</body>", act), "utf-8")
    opened = Opened(page, path)
    expect(page.locator(".nb-scrubber")).to_be_visible()
    assert page.evaluate("() => window.nbActed") is None
    assert any("Content Security Policy" in said for said in opened.trouble)


def test_two_thousand_tasks_are_shown_and_moved_through(
    page: Page, tmp_path: Path
) -> None:
    tasks = [
        Task(f"t{n}", "", "worker", [f"t{n - 20}"] if n > 19 else [])
        for n in range(2000)
    ]
    run = Run(Plan(tasks))
    run.history = [e.RunCreated(START, run.id, run.plan)]
    run.subscribe(run.history.append)
    run.start()
    for n, task in enumerate(tasks):
        run.complete(task.id, "fine", at=n)
    run.end(at=2000)
    opened = Opened(page, Moment(run.history).save(tmp_path / "run.html"))
    for position in (4002, 2, 2001, 2002, 700, 3999):
        opened.go(position)
        done = len(
            [x for x in run.history[: position + 1] if isinstance(x, e.TaskCompleted)]
        )
        expect(page.locator(".nb-count")).to_contain_text(f"{done:,} of 2,000 tasks")
    assert opened.trouble == []
