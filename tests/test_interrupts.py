"""Interrupts that come at an awkward moment: the run is paused, as it says."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nbagents import Orchestrator, Run
from nbagents.engine import background
from teams import agent_of, plan_of


@contextmanager
def interrupted_while_the_engine_is_busy() -> Iterator[None]:
    """Interrupt this thread while the engine has not yet done what it was asked."""
    free, busy = threading.Event(), threading.Event()
    main = threading.main_thread().ident or 0
    waiting = threading.Thread(target=_interrupt, args=(main, busy, free))
    background.post(lambda: (busy.set(), free.wait(10)))
    waiting.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        yield
    waiting.join(10)
    assert "The run is paused" in caught.value.__notes__[0]


def _interrupt(thread: int, busy: threading.Event, free: threading.Event) -> None:
    busy.wait(10)
    while not _has_asked(thread):
        time.sleep(0.001)
    time.sleep(0.02)  # from `ask` to where it waits
    os.kill(os.getpid(), signal.SIGINT)
    # The interrupted thread asks for a pause, and waits for it, before we let go.
    time.sleep(0.05)
    free.set()


def _has_asked(thread: int) -> bool:
    """Return whether the thread has asked the engine and waits for the answer."""
    frames = traceback.walk_stack(sys._current_frames()[thread])
    return "ask" in [frame.f_code.co_name for frame, _ in frames]


BLOCKING: dict[str, Callable[[Run], object]] = {
    "resume": lambda run: run.resume(),
    "step": lambda run: run.step(),
    "step here": lambda run: run.step(inline=True),
    "retry": lambda run: run.retry("a"),
}


@pytest.mark.parametrize("verb", BLOCKING)
def test_an_interrupt_before_the_engine_began_leaves_the_run_paused(verb: str) -> None:
    gate = threading.Event()

    def wait(task: str, context: dict[str, Any]) -> str:
        gate.wait(10)
        return task

    run = Orchestrator([agent_of(wait)]).debug(plan_of(a=[], b=["a"]))
    with interrupted_while_the_engine_is_busy():
        BLOCKING[verb](run)
    gate.set()
    assert run.status in {"paused", "planned"}
    assert run["a"].status == "pending"
    run.resume()
    assert run.success
