"""What a client needs is imported aside, and nobody goes on before it is there."""

import asyncio
import sys
import threading
from pathlib import Path

import pytest

from nbagents.models.client import imported

SLOW = """
import sys
started, gate = sys.slow_import
started.set()
assert gate.wait(10)
"""


async def test_the_second_to_need_a_module_waits_for_the_import_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started, gate = threading.Event(), threading.Event()
    (tmp_path / "imported_slowly.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "slow_import", (started, gate), raising=False)
    first = asyncio.create_task(imported("imported_slowly"))
    assert await asyncio.to_thread(started.wait, 10)
    second = asyncio.create_task(imported("imported_slowly"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not first.done()
    assert not second.done()
    gate.set()
    await asyncio.gather(first, second)
    assert sys.modules["imported_slowly"].gate is gate


@pytest.mark.parametrize("text", ["import nowhere", "1 / 0", "oops ="])
async def test_an_import_that_fails_does_not_keep_anybody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
):
    (tmp_path / "fails_to_import.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    async with asyncio.timeout(10):
        await imported("fails_to_import")
        await imported("fails_to_import")
