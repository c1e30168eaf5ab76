"""The examples on docs/patterns.md, as code that can be run."""

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "patterns.md"

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_GIVES = re.compile(r"^(\S.*?) +# gives (.+)$", re.MULTILINE)
_THEIRS = re.compile(r"^(import|from) (?!nbagents|asyncio)", re.MULTILINE)


def examples(*, with_frameworks: bool) -> list[str]:
    """Return the blocks, in order; those that import a framework only if asked for."""
    blocks = _BLOCK.findall(PAGE.read_text("utf-8"))
    return [each for each in blocks if with_frameworks or not _THEIRS.search(each)]


def check(blocks: list[str]) -> int:
    """Run the blocks one after another; return how many values they promise."""
    names: dict[str, Any] = {}
    promised = 0
    for block in blocks:
        exec(block, names)
        for said, value in _GIVES.findall(block):
            promised += 1
            assert eval(said, names) == eval(value, names), said
    return promised
