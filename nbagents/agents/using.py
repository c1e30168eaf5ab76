"""One call of a tool: whatever comes of it is a text that the model is told."""

import asyncio
import inspect
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from hashlib import blake2b
from typing import Any

from nbagents import reporting
from nbagents.agents import prompt
from nbagents.agents.tools import Tool, named
from nbagents.errors import (
    AwaitsApprovalError,
    LimitReachedError,
    RepeatedCallError,
    RunStateError,
)
from nbagents.models import fence
from nbagents.models.answer import Called
from nbagents.redaction import redacted

MOST_RESULT = prompt.BUDGET
"""Characters of what a tool returns that the model is told."""

_MOST_ARGUMENTS = 20_000
_MOST_SHOWN = 2_000  # of a call that a person is to approve

# What says that nobody waits for the answer any more: no model can mend that.
_OURS = (AwaitsApprovalError, LimitReachedError, RepeatedCallError, RunStateError)


async def use(tools: Sequence[Tool], called: Called, memory: Any = None) -> str:
    """Return what the model is told of its call.

    Args:
        tools: Those there are.
        called: The call.
        memory: What the next attempt goes on from, where this one ends for an approval.

    Raises:
        AwaitsApprovalError: A person is to approve it first.
        LimitReachedError: The tool asked a model, and the run may ask no more.
    """
    reporter = reporting.current.get()
    number = reporter.called(called.name, fence.fit(called.arguments, _MOST_ARGUMENTS))
    reporter.progress(f"calls {called.name}", None)
    began = time.perf_counter()
    failed = False
    try:
        returned = await _returned(tools, called, memory)
        text = prompt.as_text(returned)
    except _OURS:
        raise
    except Exception as error:  # noqa: BLE001 - what a tool raises, its model is told
        text, failed = _words(error), True
    text = fence.fit(text, MOST_RESULT)
    reporter.returned(number, text, time.perf_counter() - began, failed=failed)
    return text


async def _returned(tools: Sequence[Tool], called: Called, memory: Any) -> Any:
    used = named(tools, called.name)
    arguments = used.signature.checked(_parsed(called.arguments))
    if used.approve:
        refused = reporting.current.get().allowed(_in_words(called), memory)
        if refused is not None:
            raise PermissionError(f"a person refused this call: {refused}")
    if inspect.iscoroutinefunction(used.function):
        return await used.function(**arguments)
    returned = await on_thread(partial(used.function, **arguments))
    return await returned if inspect.isawaitable(returned) else returned


def _in_words(called: Called) -> str:
    """Return a call as a person reads it; no two calls are the same words."""
    words = f"{called.name}({called.arguments})"
    if len(words) <= _MOST_SHOWN:
        return words
    mark = blake2b(words.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{words[:_MOST_SHOWN]}… [{len(words):,} characters, {mark}]"


def _parsed(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the arguments are not JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise ValueError("the arguments are not a JSON object")  # noqa: TRY004 - of a text
    return arguments


def _words(error: Exception) -> str:
    # It goes to a server: what a traceback would show of keys stays here.
    return redacted(f"this did not work: {type(error).__name__}: {error}")


async def on_thread(function: Callable[[], Any]) -> Any:
    """Return what `function` does, on a thread that keeps no program from ending.

    With the variables of this task, so what it prints and tells belongs to it.
    """
    future: Future[Any] = Future()
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work() -> None:
        try:
            outcome = function()
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            future.set_exception(error)
        else:
            future.set_result(outcome)
        with suppress(RuntimeError):  # The loop may be gone: nobody waits then.
            loop.call_soon_threadsafe(done.set)

    run = partial(copy_context().run, work)
    threading.Thread(target=run, name="nbagents-tool", daemon=True).start()
    await done.wait()
    error = future.exception()
    if isinstance(error, StopIteration):  # Cannot pass through a coroutine.
        raise RuntimeError("it raised StopIteration") from error  # noqa: TRY004
    return future.result()
