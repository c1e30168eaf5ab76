"""What every event is: that something happened to a run, to a task or in an attempt."""

from dataclasses import dataclass

from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class Event(Discreet):
    """One thing that happened, and when."""

    at: float


@dataclass(frozen=True, slots=True)
class TaskEvent(Event):
    """Something that happened to one task."""

    task: str


@dataclass(frozen=True, slots=True)
class AttemptEvent(TaskEvent):
    """Something that happened in one try of one task."""

    attempt: int
