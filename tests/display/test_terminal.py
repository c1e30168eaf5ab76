"""A run in a terminal: the table stays in place, and nothing in it acts."""

import io
import os
import re
import sys
import threading
from collections.abc import Callable

import pytest

from display.runs import HOSTILE, Run, mixed, plan, wide
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.display import safe, terminal
from nbagents.engine import events as e

_PARTS = re.compile("\x1b\\[(\\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Terminal(io.TextIOBase):
    """As much of a terminal as is needed to see what a person would see."""

    def __init__(self, *, tty: bool = True, encoding: str = "utf-8") -> None:
        self.raw = ""
        self._tty, self._encoding = tty, encoding
        self._wrote = threading.Condition()

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        with self._wrote:
            self.raw += text
            self._wrote.notify_all()
        return len(text)

    def shows(self, wanted: Callable[[list[str]], object]) -> list[str]:
        """Wait until the screen is as `wanted` says, and return its lines."""
        with self._wrote:
            assert self._wrote.wait_for(lambda: wanted(self.lines), 20), self.lines
            return self.lines

    @property
    def lines(self) -> list[str]:
        """What stands there: escape sequences that are not ours are an error."""
        lines, row, column = [""], 0, 0
        for number, code, control, words in _PARTS.findall(self.raw):
            if words:
                before = lines[row].ljust(column)[:column]
                lines[row] = before + words + lines[row][column + len(words) :]
                column += len(words)
            elif control == "\r":
                column = 0
            elif control == "\n":
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            elif code == "A":
                row = row - int(number)
                assert row >= 0
            elif code == "K":
                lines[row] = lines[row][:column]
            elif code == "J":
                lines = [*lines[:row], lines[row][:column]]
            else:
                assert code == "m"
        return [line for line in lines if line]


@pytest.fixture(autouse=True)
def _own_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def sized(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
    size = os.terminal_size((columns, lines))
    monkeypatch.setattr(terminal, "_size", lambda _: size)


def test_the_table_stays_where_it_is_and_is_current_until_the_run_stops() -> None:
    run, screen = Run(plan("a", "b<a")).start(), Terminal()
    view = terminal.show(run, screen)
    assert [line[0] for line in screen.shows(lambda lines: len(lines) == 3)] == [*"r○○"]
    run.complete("a", "all well")
    screen.shows(lambda lines: "✓ a" in lines[1] and "all well" in lines[1])
    run.complete("b")
    run.end()
    assert view is not None
    view.refresh()
    last = screen.lines
    assert "completed · 2 of 2 tasks" in last[0]
    assert len(last) == 3


def test_once_a_run_has_stopped_nothing_more_is_written() -> None:
    run, screen = Run(plan("a", "b")).start(), Terminal()
    view = terminal.show(run, screen)
    run.emit(e.RunPaused(1_000_001.0, "you paused it"))
    assert view is not None
    view.refresh()
    written = screen.raw
    run.emit(e.RunStarted(1_000_002.0))
    run.complete("a")
    view.refresh()
    assert screen.raw == written
    assert any("stopped: you paused it" in line for line in screen.lines)


def test_what_is_printed_meanwhile_stands_above_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    run = Run(plan("a")).start()
    view = terminal.show(run)
    sys.stdout.write("half a ")
    sys.stdout.write("line\nand another\n")
    sys.stdout.write("no end")
    screen.shows(lambda lines: len(lines) == 4)
    assert screen.lines[:2] == ["half a line", "and another"]
    run.complete("a")
    run.end()
    assert view is not None
    view.refresh()
    assert sys.stdout is screen
    sys.stdout.write("after\n")
    said = screen.lines
    assert said[:3] == ["half a line", "and another", "no end"]
    assert "completed · 1 of 1 task" in said[3]
    assert said[5:] == ["after"]


def test_two_runs_do_not_write_over_each_other() -> None:
    one, two, screen = Run(plan("a")).start(), Run(plan("b")).start(), Terminal()
    terminal.show(one, screen)
    view = terminal.show(two, screen)
    one.complete("a")
    two.complete("b")
    two.end()
    assert view is not None
    view.refresh()
    assert [line[:3] for line in screen.lines] == ["run", "○ a", "run", "✓ b"]


@pytest.mark.parametrize("term", ["dumb", ""])
def test_where_the_cursor_cannot_go_back_the_table_is_written_once(
    term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    run, screen = mixed(), Terminal()
    assert terminal.show(run, screen) is None
    assert "\x1b" not in screen.raw
    assert len(screen.lines) == 6
    assert not run.listeners


def test_into_a_file_the_table_is_written_once() -> None:
    run, file = mixed(), Terminal(tty=False)
    assert terminal.show(run, file) is None
    assert "\x1b" not in file.raw
    assert "✗ bad" in file.raw
    assert not run.listeners


def test_colours_are_left_out_where_nobody_wants_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coloured, plainly = Terminal(), Terminal()
    run = Run(plan("a")).start()
    run.fail("a", ValueError("no"))
    run.end("failed")
    terminal.show(run, coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.show(run, plainly)
    assert "\x1b[31m✗\x1b[0m a" in coloured.raw
    assert "m" not in re.findall("\x1b\\[\\d*(.)", plainly.raw)
    assert coloured.lines == plainly.lines


def test_a_narrow_terminal_has_no_line_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    sized(monkeypatch, 30, 24)
    screen = Terminal()
    run = Run(Plan([Task("한국어" * 9, "x", "worker"), Task("b" * 90, "y", "z" * 60)]))
    run.end("failed", "x" * 300)
    terminal.show(run, screen)
    assert all(safe.columns(line) < 30 for line in screen.lines)
    assert screen.lines[0].startswith("failed · 0 of 2 tasks")


def test_rows_that_do_not_fit_are_counted_and_the_last_table_has_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sized(monkeypatch, 80, 12)
    run, screen = Run(wide(30)).start(), Terminal()
    run.begin("t7")
    view = terminal.show(run, screen)
    lines = screen.shows(lambda lines: len(lines) == 8)
    assert lines[1].startswith("► t7")
    assert lines[-1] == "… and 24 more"
    run.emit(e.TaskInterrupted(1_000_001.0, "t7", 1))
    run.emit(e.RunPaused(1_000_001.0, "you paused it"))
    assert view is not None
    view.refresh()
    assert len(screen.lines) >= 30


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_and_does_nothing(text: str) -> None:
    run, screen = Run(plan("a", "b")).start(), Terminal()
    run.complete("a", f"\x1b[2J\x1b]0;owned\x07\r{text}\x9b2J")
    run.fail("b", ValueError(f"\x1b[1;1H{text}"))
    run.end("failed", f"\x1b[5A{text}")
    terminal.show(run, screen)
    ours = re.findall("\x1b\\[\\d*[AKJm]", screen.raw)
    assert screen.raw.count("\x1b") == len(ours)
    assert not re.search("[\x00-\x08\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]", screen.raw)
    assert len(screen.lines) == 5


def test_a_terminal_that_has_not_all_characters_gets_marks_for_them() -> None:
    screen = Terminal(encoding="ascii")
    run = Run(plan("한")).start()
    run.complete("한")
    run.end()
    terminal.show(run, screen)
    assert "?  worker  1.0 s  fine" in screen.raw


def test_a_run_shows_itself_in_no_terminal_unless_somebody_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    team = Orchestrator([Agent("worker", "Works", lambda task, _: task)], journal=None)
    run = team.run(Plan([Task("a", "do it", "worker")]))
    team.debug(Plan([Task("a", "do it", "worker")]))
    assert screen.raw == ""
    run.show()
    assert "✓ a" in "\n".join(screen.lines)
