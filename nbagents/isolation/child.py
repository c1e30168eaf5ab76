"""The program of the process that does one isolated attempt.

It is started by its path and loads nothing of nbagents but two small files, so it is
ready in a few hundredths of a second. It reads one call from one pipe, tells what
becomes of it through another, and ends. What it prints goes to its parent, too.

When the parent is gone, so is this process, with its group: nobody would wait for it.
"""

import faulthandler
import importlib.util
import inspect
import io
import os
import pickle
import select
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent

# How often it is looked at whether the parent is still there, for the case that a
# fork of the parent keeps the pipe open.
_GLANCE_SECONDS = 1.0


_SIZE_BYTES = 8


class Voice:
    """Tells the parent, from any thread, one message at a time."""

    def __init__(self, outlet: int, answers: int) -> None:
        self._outlet = outlet
        self._answers = answers
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._own = os.getpid()

    def say(self, kind: str, *content: Any) -> None:
        """Send a message; raises what pickle raises when it cannot be sent."""
        data = pickle.dumps((kind, *content))
        with self._lock:
            self._write(len(data).to_bytes(_SIZE_BYTES, "big"))
            self._write(data)

    def ask(self, *content: Any) -> Exception | None:
        """Report something, and return what the parent objects to it."""
        if os.getpid() != self._own:  # A fork of us: the answer would be another's.
            self.say("report", *content)
            return None
        with self._asking:
            self.say("ask", *content)
            size = int.from_bytes(self._read(_SIZE_BYTES), "big")
            data = self._read(size)
        objection: Exception | None = pickle.loads(data) if data else None  # noqa: S301
        return objection

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (more := os.read(self._answers, size - len(data))):
            data += more
        return data

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._outlet, left) :]


def main() -> None:
    """Do what the parent asks."""
    inlet, outlet, answers, parent = map(int, sys.argv[1:5])
    for each in (inlet, outlet, answers):
        os.set_inheritable(each, False)  # noqa: FBT003 - the agent's own programs
    _prepare_streams()
    voice = Voice(outlet, answers)
    with open(inlet, "rb", closefd=False) as source:
        sys.path[:], sys.argv[:], size = pickle.load(source)  # noqa: S301 - our parent
        packed = source.read(size)
    _end_with(parent, inlet)
    _do(packed, voice)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def _do(packed: bytes, voice: Voice) -> None:
    context_class = _alone("nbagents.engine.context").Context
    reporting = _alone("nbagents.reporting")
    try:
        function, task, results, attributes = pickle.loads(packed)  # noqa: S301
    except Exception as error:  # noqa: BLE001 - told to the parent
        voice.say("unreadable", f"{type(error).__name__}: {error}")
        return
    given = _known_classes()
    context = context_class(results)
    vars(context).update(attributes)
    reporting.current.set(_reporter(reporting.Reporter, voice))
    try:
        result = _called(function, task, context)
    except BaseException as error:  # noqa: BLE001 - failures are values
        voice.say("error", told(error, given))
        return
    _flush()
    try:
        packed = pickled(result, given)
    except Exception as error:  # noqa: BLE001 - told to the parent
        voice.say("unsendable", type(result).__name__, str(error))
    else:
        voice.say("result", packed)


def _called(function: Callable[..., Any], task: str, context: Any) -> Any:
    result = function(task, context)
    if not inspect.isawaitable(result):
        return result
    import asyncio  # Not needed by a plain function, and slow to import.

    return asyncio.run(_finish(result))


async def _finish(awaitable: Any) -> Any:
    return await awaitable


def pickled(value: Any, given: dict[type, str]) -> bytes:
    """Return `value` as bytes for the parent.

    A class that came with the call goes back by its number. By value it would be
    written over the parent's own, whose methods would then see copies of its globals.

    Raises:
        Exception: Whatever its parts raise that do not pickle.
    """
    import cloudpickle  # type: ignore[import-untyped]
    from cloudpickle import cloudpickle as inner

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, type) and obj in given:
                return inner._lookup_class_or_track, (given[obj], None)  # noqa: SLF001
            return super().reducer_override(obj)

    out = io.BytesIO()
    Pickler(out).dump(value)
    return out.getvalue()


def _known_classes() -> dict[type, str]:
    """Return the classes that came by value, and what cloudpickle numbers them by."""
    inner = sys.modules.get("cloudpickle.cloudpickle")
    return dict(getattr(inner, "_DYNAMIC_CLASS_TRACKER_BY_CLASS", {}))


def told(
    error: BaseException, given: dict[type, str], above: tuple[int, ...] = ()
) -> dict[str, Any]:
    """Return all there is to say of `error`: plain data that `remote_errors` reads."""
    above = (*above, id(error))
    chain = {"cause": error.__cause__, "context": error.__context__}
    return {
        "type": type(error).__qualname__,
        "message": _safely(lambda: str(error)) or "",
        "pickled": _safely(lambda: pickled(error, given)),
        "notes": list(map(str, getattr(error, "__notes__", ()))),
        "frames": _frames(error),
        "suppress": error.__suppress_context__,
        **{
            name: told(other, given, above) if id(other) not in above else None
            for name, other in chain.items()
            if other is not None
        },
    }


def _frames(error: BaseException) -> list[tuple[str, str, int]]:
    """Return file, function and line of each call, without those of this file."""
    frames, at = [], error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        frames.append((code.co_filename, code.co_name, at.tb_lineno))
        at = at.tb_next
    own = [place for place, frame in enumerate(frames) if frame[0] == __file__]
    return frames[own[-1] + 1 if own else 0 :]


def _safely(get: Callable[[], Any]) -> Any:
    try:
        return get()
    except Exception:  # noqa: BLE001 - it is the agent's class, and may do anything
        return None


def _reporter(base: type, voice: Voice) -> Any:
    """Return a reporter whose every word is said by the parent's."""

    def saying(name: str) -> Callable[..., None]:
        def say(_: Any, *words: Any, **more: Any) -> None:
            _safely(lambda: voice.say("report", name, words, more))

        return say

    def asked(_: Any, *words: Any, **more: Any) -> None:
        objection = _safely(lambda: voice.ask("asked", words, more))
        if objection is not None:
            raise objection

    says = {name: saying(name) for name in ("progress", "answered")}
    return type("ProcessReporter", (base,), {**says, "asked": asked})()


def _alone(name: str) -> ModuleType:
    """Return a module of nbagents without importing the package around it.

    Whoever imports nbagents later finds this one there.
    """
    path = _PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _prepare_streams() -> None:
    # Where it crashes shows beside what it printed.
    faulthandler.enable(all_threads=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                encoding="utf-8", errors="backslashreplace", line_buffering=True
            )


def _flush() -> None:
    """What was printed is with the parent before the result is."""
    for stream in (sys.stdout, sys.stderr):
        _safely(stream.flush)


def _end_with(parent: int, inlet: int) -> None:
    """End this process and its group when the parent is gone.

    Nothing more comes through `inlet`; that it ends is what says it. On Linux the
    kernel itself can then signal the group, even while the agent is deep in C code.
    """
    import fcntl

    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(inlet, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(inlet, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(inlet, fcntl.F_GETFL)
        fcntl.fcntl(inlet, fcntl.F_SETFL, flags | os.O_ASYNC)
    watch = threading.Thread(target=_watch, args=(parent, inlet), daemon=True)
    watch.start()


def _watch(parent: int, inlet: int) -> None:
    while os.getppid() == parent:
        ended, _, _ = select.select([inlet], [], [], _GLANCE_SECONDS)
        if ended:
            break
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
