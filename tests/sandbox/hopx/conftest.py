"""What the tests of HopX share: a HopX on loopback, and nothing of this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.hopx.fake_hopx import FakeHopx, serving


@pytest.fixture(autouse=True)
def no_hopx_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOPX_API_KEY", "HOPX_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeHopx]:
    with serving(tmp_path) as server:
        yield server
