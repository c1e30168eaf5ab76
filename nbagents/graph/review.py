"""Review: what a model found wrong with its own plan, before the plan ran."""

from dataclasses import dataclass

from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class Review(Discreet):
    """What came of looking at a plan once more.

    Attributes:
        problems: What was found, a sentence each; empty where there was nothing.
        repaired: Whether the plan is another one because of that.
        error: Why the plan could not be reviewed or repaired; empty otherwise.
        tokens: What both took.
        cost: US dollars for that; `None` when it is not known.
    """

    problems: tuple[str, ...] = ()
    repaired: bool = False
    error: str = ""
    tokens: int = 0
    cost: float | None = 0.0
