"""The examples on docs/models.md and docs/testing.md, as code that can be run."""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_GIVES = re.compile(r"^(\S.*?) +# gives (.+)$", re.MULTILINE)


def check(page: str) -> int:
    """Run the examples of a page in order; return how many values they promise."""
    names: dict[str, Any] = {"__name__": "page"}
    promised = 0
    for block in _BLOCK.findall((DOCS / page).read_text("utf-8")):
        exec(compile(block, page, "exec"), names)
        for said, value in _GIVES.findall(block):
            promised += 1
            assert eval(said, names) == eval(value, names), said
    return promised
