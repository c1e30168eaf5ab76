"""One attempt, from the side of whoever asked for it.

`converse` belongs on a thread: it starts the process, sends the call, and passes on
what is printed and reported until there is an answer. Nothing outlives it: no process,
no pipe, no file.
"""

import codecs
import os
import pickle
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from nbagents import reporting
from nbagents.errors import AgentProcessError, NbagentsError
from nbagents.isolation.packing import Call, brief, packed
from nbagents.isolation.process import ChildProcess
from nbagents.isolation.remote_errors import rebuilt

_CHILD = str(Path(__file__).with_name("child.py"))

# Where the system does not wake us when a process ends, we look this often.
_GLANCE_SECONDS = 0.1

# After its answer a process may end as programs do, with what was registered with
# `atexit`; then it is killed.
_GRACE_SECONDS = 1.0

_CHUNK = 2**16
_MOST_CHUNKS_AFTER_THE_END = 64
_SIZE_BYTES = 8

_WORDS = frozenset({"progress", "asked", "answered"})


def converse(call: Call, process: ChildProcess) -> Any:
    """Have `call` done in `process`, and return what the agent returned.

    Raises:
        AgentProcessError: The process died, or something cannot be sent to or from it.
        BaseException: Whatever the agent raised.
    """
    content = packed(call)
    with ExitStack() as at_the_end:
        feed, voice, answers = _started(process, at_the_end)
        # Last in, first done: the pipes are closed when nobody is there any more.
        at_the_end.callback(process.finish)
        with suppress(BrokenPipeError):  # It died: that is noticed when it is heard.
            _write(feed, content)
        hearing = _Hearing(process, at_the_end, answers)
        hearing.listen(voice)
        return _answer(call.agent, hearing.answer, process.finish())


def _started(
    process: ChildProcess, at_the_end: ExitStack
) -> tuple[IO[bytes], dict[str, IO[bytes]], IO[bytes]]:
    """Start the process; return the way to it, those from it by name, and that back.

    What it is answered has a way of its own: the other one only ever ends.
    """
    inlet, feed = _pipe(at_the_end)
    voice, outlet = _pipe(at_the_end)
    replies, answers = _pipe(at_the_end)
    with inlet, outlet, replies:  # The child has its own: of ours nothing would end.
        ends = [inlet.fileno(), outlet.fileno(), replies.fileno()]
        words = [*map(str, ends), str(os.getpid())]
        started = process.start([sys.executable, _CHILD, *words], ends)
    ways = {"voice": voice}
    for name, stream in (("stdout", started.stdout), ("stderr", started.stderr)):
        if stream is not None:
            ways[name] = at_the_end.enter_context(stream)
    return feed, ways, answers


def _pipe(at_the_end: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return (
        at_the_end.enter_context(open(reading, "rb", buffering=0)),  # noqa: PTH123
        at_the_end.enter_context(open(writing, "wb", buffering=0)),  # noqa: PTH123
    )


def _write(feed: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[feed.write(left) :]


class _Hearing:
    """Hears what a process says and prints.

    Attributes:
        answer: Its last word, as the child said it; empty while there is none.
    """

    def __init__(
        self, process: ChildProcess, at_the_end: ExitStack, answers: IO[bytes]
    ) -> None:
        self.answer: tuple[Any, ...] = ()
        self._process = process
        self._answers = answers
        self._selector = at_the_end.enter_context(selectors.DefaultSelector())
        self._said = bytearray()
        self._latest = float("inf")

    def listen(self, ways: Mapping[str, IO[bytes]]) -> None:
        """Hear all of them until the process has ended, or has had its time."""
        for name, way in ways.items():
            hear = self._hear_voice if name == "voice" else _printing(name)
            self._selector.register(way, selectors.EVENT_READ, hear)
        with _end_of(self._process, self._selector):
            while not self._process.ended() and time.monotonic() < self._latest:
                self._hear_some(_GLANCE_SECONDS)
        # What it said last is in the pipes. A process that it has left behind may go
        # on writing there for ever.
        self._process.kill()
        for _ in range(_MOST_CHUNKS_AFTER_THE_END):
            if not self._hear_some(0):
                break

    def _hear_some(self, seconds: float) -> bool:
        """Hear what there is; wait so long if there is nothing."""
        heard = [key for key, _ in self._selector.select(seconds) if key.data]
        for key in heard:
            data = os.read(key.fd, _CHUNK)
            if not data:
                self._selector.unregister(key.fileobj)
            key.data(data)
        return bool(heard)

    def _hear_voice(self, data: bytes) -> None:
        self._said += data
        while (message := self._next_message()) is not None:
            kind, *content = message
            if kind == "report":
                _report(*content)
            elif kind == "ask":
                self._reply(_report(*content))
            else:
                self.answer = tuple(message)
                self._latest = time.monotonic() + _GRACE_SECONDS

    def _reply(self, objection: BaseException | None) -> None:
        data = b"" if objection is None else pickle.dumps(objection)
        with suppress(BrokenPipeError):  # It died: that is noticed when it is heard.
            _write(self._answers, len(data).to_bytes(_SIZE_BYTES, "big") + data)

    def _next_message(self) -> tuple[Any, ...] | None:
        end = _SIZE_BYTES + int.from_bytes(self._said[:_SIZE_BYTES], "big")
        if len(self._said) < _SIZE_BYTES or len(self._said) < end:
            return None
        data = bytes(self._said[_SIZE_BYTES:end])
        del self._said[:end]
        return tuple(pickle.loads(data))  # noqa: S301 - from our own child


@contextmanager
def _end_of(process: ChildProcess, selector: selectors.BaseSelector) -> Iterator[None]:
    """Have `selector` wake up when the process ends, where the system tells."""
    if not hasattr(os, "pidfd_open"):
        yield
        return
    end = process.watch()
    try:
        selector.register(end, selectors.EVENT_READ, None)
        yield
    finally:
        selector.unregister(end)
        os.close(end)


def _printing(name: str) -> Callable[[bytes], None]:
    """Return what prints bytes to `sys.stdout` or `sys.stderr`, as they come."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(data: bytes) -> None:
        text = decoder.decode(data, final=not data)
        with suppress(Exception):  # A stream that is closed costs no result.
            getattr(sys, name).write(text)

    return write


def _report(
    name: str, words: tuple[Any, ...], more: dict[str, Any]
) -> NbagentsError | None:
    """Say it to the reporter of the attempt; return what that objects."""
    if name in _WORDS:
        try:
            getattr(reporting.current.get(), name)(*words, **more)
        except NbagentsError as error:
            return error.with_traceback(None)
        except Exception:  # noqa: BLE001 - as in a view: what cannot be told is not
            return None
    return None


def _answer(agent: str, answer: tuple[Any, ...], code: int | None) -> Any:
    """Return the result that `answer` holds, or raise what it holds instead."""
    match answer:
        case ("result", data):
            return _unpacked(agent, data)
        case ("error", told):
            raise rebuilt(told, agent)
        case ("unsendable", kind, reason):
            raise _unsendable(agent, kind, reason)
        case ("unreadable", reason):
            message = f"the process of agent '{agent}' could not load it: {reason}"
            raise AgentProcessError(message, agent=agent)
        case _:
            raise died(agent, code)


def _unpacked(agent: str, data: bytes) -> Any:
    try:
        return pickle.loads(data)  # noqa: S301 - from our own child
    except Exception as error:  # noqa: BLE001 - its class may do anything
        reason = f"it cannot be read again: {brief(error)}"
        raise _unsendable(agent, "a result", reason) from None


def _unsendable(agent: str, kind: str, reason: str) -> AgentProcessError:
    message = f"agent '{agent}' returned {kind}, which its process cannot send: "
    return AgentProcessError(message + reason, agent=agent).with_note(
        "Return what can be pickled: text, numbers, lists, dicts, tables, arrays."
    )


def died(agent: str, code: int | None) -> AgentProcessError:
    """Return the error of a process that ended without an answer."""
    message = f"the process of agent '{agent}' died: {_ending(code)}"
    error = AgentProcessError(message, agent=agent, exit_code=code)
    if code == -signal.SIGKILL:
        error.add_note("Was it out of memory? The system kills what takes too much.")
    return error


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return f"signal {-code} ({signal.Signals(-code).name})"
    return f"signal {-code}"
