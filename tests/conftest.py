"""What every test gets: a machine without a network, and a journal of its own."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import network_guard
from nbagents.journal import folder

network_guard.install()
network_guard.guard_children()

# A shell has what it starts in the background ignore interrupts, and that is inherited:
# here they are sent and awaited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail the test that reached for the network, even where something hid it."""
    before = len(network_guard.refused)
    yield
    assert network_guard.refused[before:] == []


_DEFAULT = folder.default_path


@pytest.fixture
def notebook_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder this test works in, where its journal is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder, "default_path", _DEFAULT)
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def a_place_for_journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Record every run that is not recorded elsewhere in one file of this session."""
    path = tmp_path_factory.mktemp("journals") / folder.NAME / folder.FILE
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "default_path", lambda: path)
        yield
