"""What came of a program, to be looked at: pictures, words, files, and the program.

All of it is of others. Texts are escaped, and a picture is shown only if it begins as a
PNG does; nothing in it can act.
"""

from base64 import b64encode
from collections.abc import Iterator

from nbagents.coded import PNG, CodeResult
from nbagents.display import safe, styles, summary
from nbagents.display.markup import Child, Markup, element, joined
from nbagents.engine.view import TaskView
from nbagents.errors import CodeError

MOST_OF_PICTURES = 4_000_000
"""Bytes of all figures of a result that is shown by itself."""

_MOST_TEXT = 20_000  # characters of one text
_MOST_FILES = 50

_NO_SANDBOX = frozenset({"plain", "subprocess"})


def bundle(value: CodeResult) -> dict[str, str]:
    """Return a result as HTML and as plain text, by media type."""
    from nbagents.display import page  # It shows values, and this is one.

    html = element("div", shown(value), class_=page.CLASS, style=page.STYLE)
    return {"text/plain": lines(value), "text/html": html}


def lines(value: CodeResult) -> str:
    """Return a result as plain text."""
    text = safe.visible(safe.shortened(str(value), _MOST_TEXT))
    return f"{_headline(value)}\n{text}"


def held_by(value: CodeResult) -> str:
    """Return what held the program, in words."""
    if value.level in _NO_SANDBOX:
        return "no sandbox, a plain process"
    return f"sandbox: {safe.one_line(value.level, 40) or 'not known'}"


def last(task: TaskView) -> CodeResult | None:
    """Return what came of the last program of a task whose programs all failed."""
    error = None if task.error is None else task.error.exception
    result = error.result if isinstance(error, CodeError) else None
    return result if type(result) is CodeResult else None


def shown(value: CodeResult, most: int = MOST_OF_PICTURES) -> Markup:
    """Return a result as a piece of HTML.

    Args:
        value: What came of a program.
        most: Most bytes of its figures together; the others are counted.
    """
    return joined(
        element("div", _headline(value), style=styles.HINT),
        *_pictures(value, most),
        _text(value.stdout) if value.stdout.strip() else None,
        _files(value),
        *(
            element("div", safe.one_line(x, 300), style=styles.HINT)
            for x in value.notes
        ),
        _folded("program", value.code),
        _folded("stderr", value.stderr, open=not value.ok),
    )


def _headline(value: CodeResult) -> str:
    return " · ".join(_facts(value))


def _facts(value: CodeResult) -> Iterator[str]:
    code = value.exit_code
    yield "killed" if code is None else f"exit code {code}"
    yield held_by(value)
    yield summary.duration(value.seconds)
    if value.repairs:
        yield summary.plural(value.repairs, "repair")


def _pictures(value: CodeResult, most: int) -> Iterator[Markup]:
    for number, data in enumerate(value.figures, 1):
        if not data.startswith(PNG):
            yield _hint(f"Figure {number} is no PNG, and not shown.")
        elif len(data) > most:
            yield _hint(
                f"Figure {number} ({len(data):,} bytes) is too large to be here."
            )
        else:
            most -= len(data)
            yield _picture(data, f"figure {number} of {len(value.figures)}")


def _picture(data: bytes, alt: str) -> Markup:
    image = element(
        "img",
        src=f"data:image/png;base64,{b64encode(data).decode()}",
        alt=alt,
        style=styles.PICTURE,
    )
    return element("div", image, style=styles.SECTION)


def _files(value: CodeResult) -> Markup | None:
    if not value.files:
        return None
    names = sorted(value.files)
    rows = [_file(name, len(value.files[name])) for name in names[:_MOST_FILES]]
    if (more := len(names) - _MOST_FILES) > 0:
        rows.append(_row(f"… and {more:,} more", ""))
    return element("table", element("tbody", *rows), style=styles.TABLE)


def _file(name: str, size: int) -> Markup:
    return _row(safe.one_line(name, 100), f"{size:,} bytes")


def _row(*cells: str) -> Markup:
    first, second = cells
    return element(
        "tr",
        element("td", first, style=styles.LEFT),
        element("td", second, style=styles.NUMBER),
    )


def _folded(title: str, text: str, *, open: bool = False) -> Markup | None:  # noqa: A002
    if not text.strip():
        return None
    head = element("summary", title, style=styles.HINT)
    return element("details", head, _text(text), open=open)


def _text(text: str) -> Markup:
    return element("pre", safe.shortened(text, _MOST_TEXT), style=styles.PRE)


def _hint(words: Child) -> Markup:
    return element("div", words, style=styles.HINT)
