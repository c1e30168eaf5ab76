"""The page on monitoring: what it shows can be pasted, in its order."""

import logging
import re
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.util._once import Once

from patterns.page import check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "monitoring.md"


def test_the_examples_give_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    log = logging.getLogger("nbagents")
    level = log.level
    try:
        blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        assert check(blocks) == 9
    finally:
        log.setLevel(level)
