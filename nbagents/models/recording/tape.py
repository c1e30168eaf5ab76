"""The file of a recording: requests and their answers, as JSON that can be read.

A request is known by what makes its answer: model, messages and parameters, never by
headers, so no key gets here; texts that hold one are stored without it. Calls stand in
the order in which their answers came. The same request asked again has the next of its
own answers, in the order in which they were asked for: that of a plan, whoever of two
side by side was answered first.
"""

import hashlib
import json
import os
import textwrap
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbagents.errors import RecordingError
from nbagents.models.recording.order import Order
from nbagents.redaction import redacted, redacted_in

VERSION = 1

Request = Mapping[str, Any]
"""The body of a request, as JSON values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one request.

    Attributes:
        kind: Media type of it.
        chunks: Its parts, each with the seconds that it was waited for.
    """

    kind: str
    chunks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose answers a recording has.

    Attributes:
        model: Name of the model.
        simulated: Whether it was a scripted one.
        price: US dollars for a million input tokens and for a million output tokens,
            where the server that was recorded had a price of its own; else `None`.
    """

    model: str
    simulated: bool = False
    price: tuple[float, float] | None = None


class Tape:
    """What one file holds. It may be used from any thread.

    Attributes:
        path: Of the file.
        about: Whose answers these are.
        order: In which they come that come at once.
    """

    def __init__(
        self,
        path: Path,
        about: About,
        entries: list[dict[str, Any]] | None = None,
        *,
        replaces: bool = False,
    ) -> None:
        """Begin with `entries`, as the file has them; `None` begins an empty one.

        Args:
            path: Of the file, which is made with the first call that is added.
            about: Whose answers these are.
            entries: What is on it.
            replaces: Whether a file that is there is to be written over.
        """
        self.path = path
        self.about = about
        self._replaces = replaces
        self._written: tuple[int, ...] | None = None
        self._entries = entries or []
        self._texts = [_as_text(each) for each in self._entries]
        self._answers: dict[str, list[tuple[int, Answer]]] = {}
        self._asked: Counter[str] = Counter()
        self.order = Order()
        self._lock = threading.Lock()
        places = range(len(self._entries))
        for place in sorted(places, key=lambda n: _turn(self._entries[n])):
            entry = self._entries[place]
            answers = self._answers.setdefault(key(entry["request"]), [])
            answers.append((place, _answer(entry)))

    @classmethod
    def read(cls, path: Path) -> "Tape":
        """Return what the file at `path` holds.

        Raises:
            RecordingError: It cannot be read, or is none.
        """
        try:
            data = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise RecordingError(f"'{path}' cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise _damaged(path, f"it is not JSON ({error})") from None
        if not isinstance(data, dict) or "calls" not in data:
            raise _damaged(path, "it has no calls")
        if data.get("version") != VERSION:
            raise _damaged(path, f"its version is {data.get('version')!r:.40}, not 1")
        try:
            about = About(
                model=str(data["model"]),
                simulated=data["simulated"] is True,
                price=None if data["price"] is None else _price(*data["price"]),
            )
            return cls(path, about, [dict(each) for each in data["calls"]])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _damaged(path, f"a call cannot be read ({error!r:.80})") from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Arrive in another process as what the file holds by then."""
        return Tape.read, (self.path,)

    def find(self, request: Request) -> tuple[int, Answer] | None:
        """Return the answer to `request` and its place; `None` where it is not here.

        Of several for the same, the next; after the last the first again, for
        whoever runs it all once more. Places of that round are behind all before.
        """
        answers = self._answers.get(key(redacted_in(dict(request))), [])
        number = self.turn(request)
        if not answers:
            return None
        again, which = divmod(number, len(answers))
        place, answer = answers[which]
        return again * len(self._entries) + place, answer

    def turn(self, request: Request) -> int:
        """Return which of its kind `request` is, counted from 0, and count it."""
        known = key(redacted_in(dict(request)))
        with self._lock:
            self._asked[known] += 1
            return self._asked[known] - 1

    def add(self, request: Request, answer: Answer, turn: int) -> None:
        """Put a call at the end of the tape, and write the file.

        Args:
            request: What was asked.
            answer: What came.
            turn: Which of its kind it was, as `turn` said when it was asked.

        Raises:
            RecordingError: It cannot be written.
        """
        kept = redacted_in(dict(request))
        words = tuple((seconds, redacted(text)) for seconds, text in answer.chunks)
        known = Answer(kind=answer.kind, chunks=words)
        with self._lock:
            entry: dict[str, Any] = {"request": kept, "answer": asdict(known)}
            if turn:
                entry["turn"] = turn
            self._entries.append(entry)
            self._texts.append(_as_text(entry))
            self._write()

    @property
    def requests(self) -> list[Request]:
        """The requests on it, in order."""
        with self._lock:
            return [entry["request"] for entry in self._entries]

    def _write(self) -> None:
        about = {"version": VERSION, **asdict(self.about)}
        head = json.dumps(about, indent=1, ensure_ascii=False).removesuffix("\n}")
        # What was written before is not put into JSON again: a run may ask thousands.
        calls = ",\n".join(self._texts)
        text = f'{head},\n "calls": [\n{calls}\n ]\n}}'
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            beside.write_text(f"{text}\n", "utf-8")
            self._claim()
            os.replace(beside, self.path)  # noqa: PTH105 - it says what it does
            self._written = _mark(self.path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            if isinstance(error, FileExistsError):
                raise _taken(self.path) from None
            message = f"'{self.path}' cannot be written: {error.strerror}"
            raise RecordingError(message) from None

    def _claim(self) -> None:
        """Raise `FileExistsError` where the file is not of this tape's making."""
        if self._written is None and not self._replaces:
            self.path.touch(exist_ok=False)
        elif self._written is not None and _mark(self.path) not in {(), self._written}:
            raise FileExistsError


def key(request: Request) -> str:
    """Return what a request is known by."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _mark(path: Path) -> tuple[int, ...]:
    """Return what tells this very file from another; nothing where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _taken(path: Path) -> RecordingError:
    error = RecordingError(f"'{path}' was written by somebody else meanwhile")
    return error.with_note(
        "Share one Recording, or give each a file of its own: also where agents work "
        "in processes of their own."
    )


def _price(asked: Any, answered: Any) -> tuple[float, float]:
    return float(asked), float(answered)


def _as_text(entry: Mapping[str, Any]) -> str:
    return textwrap.indent(json.dumps(entry, indent=1, ensure_ascii=False), "  ")


def _turn(entry: Mapping[str, Any]) -> int:
    return int(entry.get("turn", 0))


def _answer(entry: Mapping[str, Any]) -> Answer:
    said = entry["answer"]
    chunks = tuple((float(seconds), str(text)) for seconds, text in said["chunks"])
    return Answer(kind=str(said["kind"]), chunks=chunks)


def _damaged(path: Path, why: str) -> RecordingError:
    error = RecordingError(f"'{path}' is no recording that can be replayed: {why}")
    return error.with_note(
        "Delete it and record anew: Recording(path, model='gpt-4o') records where "
        "there is no file."
    )
