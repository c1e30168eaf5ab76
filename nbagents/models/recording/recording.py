"""Recording: model calls of a run in a file, and a model that gives them back."""

import math
import os
from pathlib import Path
from typing import Any

from nbagents.errors import ModelNotConfiguredError, RecordingError
from nbagents.models.recording.server import RecordingServer
from nbagents.models.recording.tape import About, Tape
from nbagents.models.server import Server


class Recording:
    """The model calls of runs, recorded in a file and replayed from it.

    Given as `model=`, it records where there is no file yet and replays where there is
    one: the same requests get the same answers, tokens and prices, offline and without
    a key. So tutorials run on Binder, and a class repeats a lecturer's run. A request
    that is not in it fails, with the difference to the nearest that is.

    Keys and headers are never recorded; what looks like a key in a text is left out.

    Args:
        path: Of the file, JSON that can be read and kept in git.
        model: What is recorded: the name of a model, or a scripted one. `None` only
            replays.
        record: Whether to begin anew where there is a file; it is replaced.
        live_after_edit: Whether what follows from a change that you made in the run (a
            result, a description, an agent) is asked of `model`, where it is not in
            the file. It is not recorded.
        speed: How fast answers come when they are replayed: 1 as they were recorded,
            streams included, 2 twice as fast; `None` at once.

    Raises:
        RecordingError: The file cannot be read, or is no recording; or there is none
            and no `model` to record.
        ValueError: `speed` is no number above 0.

    Example:
        >>> team = Orchestrator([writer], model=Recording("q4.json"))  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        model: Any = None,
        *,
        record: bool = False,
        live_after_edit: bool = False,
        speed: float | None = None,
    ) -> None:
        self.path = Path(path)
        self.model = model
        self.live_after_edit = live_after_edit
        self.speed = _checked(speed)
        self._anew = record
        self.is_recording = record or (model is not None and not self.path.exists())
        if self.is_recording and model is None:
            raise _nothing_to_record()
        if live_after_edit and model is None:
            message = "live_after_edit= takes a model that is asked then"
            raise ModelNotConfiguredError(message).with_note(
                'Try: Recording(path, model="gpt-4o", live_after_edit=True)'
            )
        if not self.is_recording and not self.path.exists():
            raise RecordingError(f"there is no recording '{self.path}'").with_note(
                'To make it: Recording(path, model="gpt-4o")'
            )
        self._tape = None if self.is_recording else Tape.read(self.path)

    @property
    def name(self) -> str | None:
        """Name of the model that was recorded; `None` before it is."""
        return None if self._tape is None else self._tape.about.model

    def server(self, behind: Server | None, about: About) -> RecordingServer:
        """Return what answers.

        Args:
            behind: The server of `model`; `None` without one.
            about: Whose answers are recorded, where it records.
        """
        if self._tape is None:
            self._tape = Tape(self.path, about, replaces=self._anew)
        return RecordingServer(
            tape=self._tape,
            behind=behind,
            records=self.is_recording,
            live_after_edit=self.live_after_edit,
            speed=self.speed,
        )

    def __repr__(self) -> str:
        return f"Recording({str(self.path)!r})"


def _nothing_to_record() -> RecordingError:
    message = "there is no model to record"
    return RecordingError(message).with_note('Try: Recording(path, model="gpt-4o")')


def _checked(speed: Any) -> float | None:
    if speed is None:
        return None
    usable = isinstance(speed, int | float) and not isinstance(speed, bool)
    if not usable or not 0 < speed < math.inf:
        message = f"speed must be a number above 0, or None, not {speed!r:.40}"
        raise ValueError(message)
    return float(speed)
