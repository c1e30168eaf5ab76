"""What came of a program, as a value: stored, shown, compared, handed on."""

import json
import pickle
import secrets
from pathlib import Path
from typing import Any

import pytest

from display.inert import read
from fake_sandboxes import PNG, Plain
from nbagents import (
    Agent,
    CodeResult,
    Orchestrator,
    Plan,
    Run,
    ScriptedModel,
    Task,
    compare,
    load_run,
)
from nbagents.digests import digest
from nbagents.display import details, programs
from nbagents.display.rendering import rendered
from nbagents.engine.unstored import Unstored
from nbagents.errors import JournalRecordError
from nbagents.journal.shapes import shape_of
from nbagents.redaction import redacted

ANSWER = "```python\nprint('3 < 4')\nopen('t.csv', 'w').write('a;b')\n```"
PLAN = Plan([Task("chart", "Draw", "coder"), Task("say", "Say", "w", ["chart"])])

FULL = CodeResult(
    code="print('<b>')",
    stdout="<b>bold</b>\n",
    stderr="warned",
    exit_code=0,
    files={"d/ü.bin": bytes(range(256)), "<i>.txt": b""},
    figures=(PNG, PNG),
    level="landlock",
    seconds=1.5,
    repairs=1,
    notes=("One <note>.",),
)


def run_of(path: Path | None = None, sandbox: Any = None) -> tuple[Orchestrator, Run]:
    coder = Agent.coder(sandbox=sandbox or Plain(figures=(PNG,)))
    model = ScriptedModel({"Draw": ANSWER, "": "said"})
    agents = [coder, Agent.llm("w", "Writes")]
    team = Orchestrator(agents, model=model, journal=path)
    return team, team.run(PLAN)


# --- stored ---


def test_it_comes_back_from_json_as_it_was() -> None:
    told = json.loads(json.dumps(FULL.to_dict()))
    again = CodeResult.from_dict(told)
    assert again == FULL
    assert again.to_dict() == FULL.to_dict()
    assert digest(again) == digest(FULL)
    assert pickle.loads(pickle.dumps(FULL)) == FULL


def test_a_run_that_is_loaded_has_it_and_does_not_do_it_again(tmp_path: Path) -> None:
    path, sandbox = tmp_path / "runs.sqlite", Plain(figures=(PNG,))
    team, run = run_of(path, sandbox)
    expected = run["chart"].result
    assert load_run(journal=path)["chart"].result == expected
    assert type(load_run(journal=path)["chart"].result) is CodeResult
    run.edit("say", description="Say it otherwise")
    id = run.id
    del run
    again = team.load_run(id).resume()
    assert again.success
    assert again["chart"].result == expected
    assert sandbox.opened == 1


def test_by_chance_nothing_in_bytes_is_taken_for_a_key() -> None:
    shape = shape_of(Any)
    for _ in range(3):
        files = {"noise": secrets.token_bytes(300_000)}
        told = CodeResult(code="", files=files, figures=(PNG,))
        written = json.loads(json.dumps(shape.write(told, redacted)))
        assert shape.read(written, "x") == told


@pytest.mark.parametrize("field", ["stdout", "files", "code"])
def test_one_with_a_key_in_it_is_not_stored(field: str) -> None:
    key = "sk-proj-" + "a1B2c3D4" * 6
    held: Any = {"f": key.encode()} if field == "files" else key
    told = CodeResult(**{"code": "x", field: held})
    written = shape_of(Any).write(told, redacted)
    assert written["unstored"]["why"] == "it holds a secret"
    assert key not in json.dumps(written)
    assert isinstance(shape_of(Any).read(written, "x"), Unstored)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"code": 1},
        {"code": "x", "__class__": "os"},
        {"code": "x", "files": []},
        {"code": "x", "files": {"a": 1}},
        {"code": "x", "files": {"a": "no base64!"}},
        {"code": "x", "figures": "abc"},
        {"code": "x", "figures": [None]},
        {"code": "x", "exit_code": "0"},
        {"code": "x", "seconds": None},
        {"code": "x", "seconds": float("nan")},
        {"code": "x", "notes": [1]},
        {"code": "x", "repairs": 1.5},
    ],
)
def test_what_was_never_written_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"program|CodeResult"):
        CodeResult.from_dict(data)
    with pytest.raises(JournalRecordError):
        shape_of(Any).read({"program": data}, "x")


@pytest.mark.parametrize(
    "wrong",
    [{"stdout": b""}, {"files": [1]}, {"files": {"a": "b"}}, {"figures": [b""]}],
)
def test_only_one_of_texts_and_bytes_can_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="of a CodeResult needs"):
        CodeResult(**{"code": "x", **wrong})


# --- the same, or another ---


def test_how_long_it_took_does_not_make_it_another() -> None:
    one, two = (CodeResult(code="x", seconds=n, repairs=n) for n in (1, 2))
    assert one == two
    assert digest(one) == digest(two)
    assert digest(one) != digest(CodeResult(code="x", stdout="y"))


def test_two_runs_differ_in_the_lines_that_differ() -> None:
    _, run = run_of()
    other = run.fork()
    other.edit("chart", result=CodeResult(code="print(5)", stdout="5"))
    assert "-3 < 4" in str(compare(run, other)["chart"].diff)
    assert "+5" in str(compare(run, other)["chart"].diff)


# --- read and shown ---


def test_as_text_it_is_what_was_printed_and_what_there_is_besides() -> None:
    assert str(FULL) == (
        "<b>bold</b>\n\n[files: <i>.txt (0 bytes), d/ü.bin (256 bytes)]\n"
        "[figures: 2]\n[One <note>.]"
    )
    assert str(CodeResult(code="pass")) == "[it printed nothing]"
    assert "[exit code: None]" in str(CodeResult(code="x", exit_code=None))
    assert "base64" not in repr(FULL)
    assert len(repr(CodeResult(code="x" * 10**6, stdout="y" * 10**6))) < 500


def test_in_html_figures_are_pictures_and_all_else_is_text() -> None:
    page = read(rendered(FULL))
    sources = [each["src"] for each in page.all("img")]
    assert len(sources) == 2
    assert all(each.startswith("data:image/png;base64,iVBOR") for each in sources)
    assert not page.all("b")
    assert not page.all("i")
    for words in ("<b>bold</b>", "sandbox: landlock", "<i>.txt", "One <note>."):
        assert words in page.text
    assert "print('<b>')" in page.text


def test_what_is_no_picture_or_too_large_is_not_shown_and_it_is_said() -> None:
    svg = b"<svg onload='alert(1)'/>"
    page = read(
        programs.shown(CodeResult(code="x", figures=(svg, PNG + b"x" * 999)), 99)
    )
    assert not page.all("img")
    assert "Figure 1 is no PNG" in page.text
    assert "too large" in page.text


def test_a_plain_process_is_never_called_a_sandbox() -> None:
    for level in ("plain", "subprocess"):
        assert programs.held_by(CodeResult(code="x", level=level)).startswith("no sand")


def test_the_result_of_a_run_shows_itself_in_a_cell() -> None:
    _, run = run_of()
    bundle = run["chart"].result._repr_mimebundle_()
    assert "data:image/png" in bundle["text/html"]
    assert "3 < 4" in bundle["text/plain"]
    assert "no sandbox, a plain process" in bundle["text/plain"]


def test_a_view_of_the_task_has_picture_words_and_what_held_it() -> None:
    _, run = run_of()
    shown = details.details(run, "chart")
    assert "no sandbox, a plain process" in shown["labels"]
    assert "data:image/png;base64," in shown["html"]
    assert "3 &lt; 4" in shown["html"]
    assert "data:image/png;base64," in details.details(run, "say")["html"]
    assert "t.csv" in run["chart"]._repr_mimebundle_()["text/html"]


def test_a_task_whose_programs_all_failed_shows_the_last_one() -> None:
    answer = "```python\nprint('so far')\n1 / 0  # <i>\n```"
    coder = Agent.coder(sandbox=Plain(), model=ScriptedModel({"": answer}), repairs=0)
    run = Orchestrator([coder]).run(Plan([Task("t", "Try", "coder")]))
    shown = details.details(run, "t")
    assert "no sandbox, a plain process" in shown["labels"]
    page = read(shown["html"])
    assert "1 / 0  # <i>" in page.text
    assert "so far" in page.text
    assert "repairing.py" not in run["t"].error.traceback


def test_many_figures_do_not_push_the_rest_out_of_a_view() -> None:
    _, run = run_of()
    large = PNG + secrets.token_bytes(200_000)
    run.edit("chart", result=CodeResult(code="x", stdout="here", figures=(large,) * 9))
    for id in ("chart", "say"):
        shown = details.details(run, id)["html"]
        assert "too large" in shown
        assert "here" in shown


def test_a_key_in_it_is_in_no_view() -> None:
    key = "sk-proj-" + "a1B2c3D4" * 6
    told = CodeResult(code=key, stdout=key, stderr=key, files={key: b""}, notes=(key,))
    for shown in (rendered(told), programs.lines(told), repr(told)):
        assert key not in shown
