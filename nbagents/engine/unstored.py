"""What a run has of a result that could not be stored, after it was loaded again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unstored:
    """Stands for a result that was not stored.

    Attributes:
        kind: Name of its class.
        preview: The beginning of its `repr`.
        why: Why it was not stored, as part of a sentence.
    """

    kind: str
    preview: str
    why: str = ""
