"""The page on code agents: what it shows can be pasted, in its order."""

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from fake_sandboxes import Plain
from nbagents import Agent, CodeResult
from nbagents.sandbox import choosing

PAGE = Path(__file__).resolve().parents[3] / "docs" / "code_agents.md"

_BLOCK = re.compile(r"^(`{3,})python\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
_GIVES = re.compile(r"^(\S.*?) +# gives (.+)$", re.MULTILINE)


def test_the_examples_give_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # On any machine, whatever it can hold programs with.
    monkeypatch.setattr(choosing, "choose", lambda *_, **__: Plain())
    names: dict[str, Any] = {}
    promised = 0
    for _, block in _BLOCK.findall(PAGE.read_text("utf-8")):
        exec(block, names)
        for said, value in _GIVES.findall(block):
            promised += 1
            assert eval(said, names) == eval(value, names), said
    assert promised == 12


def test_what_is_public_is_on_it() -> None:
    text = PAGE.read_text("utf-8")
    fields = [each.name for each in dataclasses.fields(CodeResult)]
    assert [name for name in fields if f"`{name}`" not in text] == []
    taken = inspect.signature(Agent.coder).parameters
    named = {"sandbox", "allow_plain", "repairs", "retry"}
    assert named <= taken.keys()
    for name in ("Agent.coder", "CodeError", "SandboxError", *named):
        assert name in text
