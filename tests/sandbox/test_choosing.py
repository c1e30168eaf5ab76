"""Which sandbox a word means."""

import sys
from types import ModuleType
from typing import Any

import pytest

from nbagents.errors import SandboxError
from nbagents.sandbox.choosing import choose
from nbagents.sandbox.hopx import HopxSandbox


class Local:
    """Stands for the sandboxes of this machine."""

    def __init__(self, level: str, *, allow_plain: bool = False) -> None:
        self.level = level if allow_plain or level != "subprocess" else "refused"

    @classmethod
    def strongest(cls, *, allow_plain: bool = False) -> "Local":
        return cls(f"strongest, plain {allow_plain}")

    def open(self, owner: str) -> Any:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("nbagents.sandbox.local")
    monkeypatch.setattr(module, "LocalSandbox", Local, raising=False)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delenv("HOPX_API_KEY", raising=False)


@pytest.mark.parametrize(
    "name, key, level",
    [
        ("auto", "", "strongest, plain False"),
        ("auto", "  ", "strongest, plain False"),
        ("auto", "hopx_key", "hopx"),
        (None, "hopx_key", "hopx"),
        (None, "", "strongest, plain False"),
        ("local", "hopx_key", "strongest, plain False"),
        ("hopx", "", "hopx"),
        ("bubblewrap", "hopx_key", "bubblewrap"),
        ("landlock", "hopx_key", "landlock"),
        ("subprocess", "hopx_key", "subprocess"),
    ],
)
def test_a_word_means_one_sandbox(
    monkeypatch: pytest.MonkeyPatch, name: str | None, key: str, level: str
) -> None:
    monkeypatch.setenv("HOPX_API_KEY", key)
    assert choose(name).level == level


@pytest.mark.parametrize("name", ["auto", "local", None])
def test_a_plain_one_takes_a_yes(name: str | None) -> None:
    assert choose(name, allow_plain=True).level == "strongest, plain True"


def test_a_sandbox_is_itself() -> None:
    mine = HopxSandbox()
    assert choose(mine) is mine


def test_a_wrong_word_is_told_the_right_ones() -> None:
    with pytest.raises(SandboxError, match=r"known: 'auto', .*mean 'bubblewrap'"):
        choose("bublewrap")


@pytest.mark.parametrize("wrong", [3, True, HopxSandbox, object()])
def test_what_is_no_sandbox_is_refused(wrong: Any) -> None:
    with pytest.raises(SandboxError, match="is no sandbox"):
        choose(wrong)
