"""Which local level is taken, and what is said where one does not work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbagents.errors import SandboxError
from nbagents.sandbox import LocalSandbox, Sandbox
from nbagents.sandbox.local import levels, places

pytestmark = pytest.mark.skipif(os.name != "posix", reason="There is no local level.")


@pytest.fixture(autouse=True)
def found_out_anew() -> Iterator[None]:
    levels.why_not.cache_clear()
    yield
    levels.why_not.cache_clear()


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Return a set of levels that work; all others say that they do not."""
    works = set[str]()
    monkeypatch.setattr(
        levels, "why_not", lambda level: "" if level in works else f"no {level} here"
    )
    levels.why_not.cache_clear = lambda: None  # type: ignore[attr-defined]
    return works


@pytest.mark.parametrize("level", levels.LEVELS)
def test_a_level_works_here_or_says_why_it_does_not(level: str) -> None:
    reason = levels.why_not(level)
    if not reason:
        sandbox = LocalSandbox(level, allow_plain=True)
        assert sandbox.level.startswith(level)
        assert isinstance(sandbox, Sandbox)
        assert repr(sandbox) == f"LocalSandbox({sandbox.level!r})"
        return
    documented = ("bwrap", "Landlock", "needs Linux", "no local sandbox", "processor")
    assert any(each in reason for each in documented), reason
    with pytest.raises(SandboxError, match=f"{level} does not work here: "):
        LocalSandbox(level, allow_plain=True)


def test_there_is_a_sandbox_here_or_it_is_said_why_there_is_none() -> None:
    reasons = {level: levels.why_not(level) for level in ("bubblewrap", "landlock")}
    if not all(reasons.values()):
        assert LocalSandbox.strongest().level.split()[0] in reasons
        return
    with pytest.raises(SandboxError, match="There is no sandbox on this machine") as no:
        LocalSandbox.strongest()
    assert all(reason in str(no.value) for reason in reasons.values())


@pytest.mark.parametrize(
    "works, expected",
    [
        ({"bubblewrap", "landlock", "subprocess"}, "bubblewrap"),
        ({"landlock", "subprocess"}, "landlock"),
    ],
)
def test_the_strongest_that_works_is_taken(
    only: set[str], works: set[str], expected: str
) -> None:
    only.update(works)
    assert LocalSandbox.strongest().level.startswith(expected)
    assert LocalSandbox.strongest(allow_plain=True).level.startswith(expected)


def test_a_plain_subprocess_needs_a_yes(only: set[str]) -> None:
    only.add("subprocess")
    with pytest.raises(SandboxError) as caught:
        LocalSandbox.strongest()
    said = str(caught.value)
    assert "Tried bubblewrap: no bubblewrap here; landlock: no landlock here." in said
    assert "apt install bubblewrap" in said
    assert "`LocalSandbox.strongest(allow_plain=True)`" in said
    assert LocalSandbox.strongest(allow_plain=True).level == "subprocess"
    with pytest.raises(SandboxError, match="not taken unasked"):
        LocalSandbox("subprocess")


def test_where_nothing_can_be_run_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "emscripten")
    with pytest.raises(SandboxError, match="no local sandbox on emscripten"):
        LocalSandbox.strongest(allow_plain=True)


def test_on_macos_only_the_plain_level_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert levels.why_not("bubblewrap") == "it needs Linux"
    assert levels.why_not("landlock") == "it needs Linux"


def test_an_unknown_level_is_refused_with_those_there_are() -> None:
    with pytest.raises(SandboxError, match="bubblewrap, landlock, subprocess"):
        LocalSandbox("docker")


def test_without_the_program_bubblewrap_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", "/nowhere")
    assert levels.why_not("bubblewrap") == "there is no program `bwrap`"


@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap needs Linux.")
def test_where_namespaces_are_denied_bubblewrap_says_so_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = "bwrap: No permissions to create new namespace"
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\necho '{denied}' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert denied in levels.why_not("bubblewrap")


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock needs Linux.")
@pytest.mark.parametrize(
    "version, name",
    [(3, "landlock (no signals, this kernel cannot confine them)"), (6, "landlock")],
)
def test_what_an_older_kernel_lacks_stands_in_the_name(
    monkeypatch: pytest.MonkeyPatch, version: int, name: str
) -> None:
    monkeypatch.setattr(levels.inside("landlock"), "version", lambda: version)
    assert levels.named("landlock") == name


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock needs Linux.")
def test_a_kernel_without_landlock_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels.inside("landlock"), "version", lambda: 0)
    assert "has no Landlock" in levels.why_not("landlock")


def test_folders_of_python_that_hold_private_things_are_not_read_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert str(tmp_path) in places._of_prefix(str(tmp_path))
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", f"{tmp_path}/home")
    assert str(tmp_path) not in places._of_prefix(str(tmp_path))


def test_importing_sandboxes_needs_nothing_that_windows_lacks() -> None:
    code = """
import sys
for name in ("fcntl", "resource", "pwd", "grp", "termios", "_ctypes", "ctypes"):
    sys.modules[name] = None
import nbagents.sandbox
"""
    subprocess.run([sys.executable, "-c", code], check=True)
