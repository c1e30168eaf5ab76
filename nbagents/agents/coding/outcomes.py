"""From what a sandbox says of a program to the result of the task."""

from collections.abc import Mapping
from dataclasses import replace

from nbagents.coded import PNG, CodeResult
from nbagents.sandbox import Outcome

MOST_TEXT = 1_000_000
"""Characters of stdout, and of stderr, that a result keeps."""

MOST_BYTES = 16 * 2**20
"""Bytes of all files together, and of all figures: they are stored with the run."""

MOST_FILES = 200
MOST_FIGURES = 20

_MOST_NOTE = 300  # characters
_MOST_NOTES = 20


def result_of(outcome: Outcome, given: Mapping[str, bytes], repairs: int) -> CodeResult:
    """Return what came of a program, bounded.

    Args:
        outcome: What the sandbox says.
        given: Files it was given: those that it has not changed are no result.
        repairs: How many programs before it did not work.
    """
    notes = [*outcome.notes]
    new = {n: d for n, d in outcome.files.items() if given.get(n) != d}
    pictures = [each for each in outcome.figures if each.startswith(PNG)]
    if len(pictures) < len(outcome.figures):
        notes.append("A figure that is no PNG was left out.")
    files = _bounded(new, MOST_FILES, "file", notes)
    numbered = dict(enumerate(pictures))
    figures = _bounded(numbered, MOST_FIGURES, "figure", notes)
    return CodeResult(
        code=_plain(outcome.code),
        stdout=_text(outcome.stdout, "stdout", notes),
        stderr=_text(outcome.stderr, "stderr", notes),
        exit_code=outcome.exit_code,
        files={_plain(name): bytes(data) for name, data in files.items()},
        figures=tuple(figures.values()),
        level=outcome.level,
        seconds=float(outcome.seconds),
        repairs=repairs,
        notes=tuple(_plain(note)[:_MOST_NOTE] for note in notes[:_MOST_NOTES]),
    )


def noted(result: CodeResult, note: str) -> CodeResult:
    """Return `result` with one note more, if there is one."""
    return replace(result, notes=(*result.notes, note)) if note else result


def _bounded(
    each: Mapping[str, bytes] | Mapping[int, bytes],
    most: int,
    kind: str,
    notes: list[str],
) -> dict[str | int, bytes]:
    """Return as many as fit, and note how many do not."""
    kept: dict[str | int, bytes] = {}
    room = MOST_BYTES
    for name, data in each.items():
        if len(kept) < most and len(data) <= room:
            kept[name] = data
            room -= len(data)
    if (lost := len(each) - len(kept)) > 0:
        which = f"{lost:,} {kind}{'s' if lost != 1 else ''}"
        notes.append(f"Left out, being too many or too large: {which}.")
    return kept


def _text(text: str, name: str, notes: list[str]) -> str:
    if len(text) > MOST_TEXT:
        notes.append(f"Of {name} the first {MOST_TEXT:,} characters were kept.")
    return _plain(text[:MOST_TEXT])


def _plain(text: str | int) -> str:
    # No halves of characters, which names of files may have: JSON cannot hold them.
    return str(text).encode("utf-8", "replace").decode("utf-8")
