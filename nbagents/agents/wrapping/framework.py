"""What agents of all frameworks have in common here: a prompt, and what it took.

A framework asks its models by itself, where nobody counts. So the whole of its work is
told as one question to a model: before it, so that a limit can keep it from being
asked, and after it with the tokens that the framework says it used.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nbagents import reporting
from nbagents.agents import prompt
from nbagents.agents.wrapping.original import original
from nbagents.models import prices
from nbagents.models.answer import Usage
from nbagents.models.client import imported
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of the work.

    Attributes:
        result: What the agent answered.
        usage: The tokens that it took.
        costs: US dollars for these; `None` where the price is not known.
    """

    result: Any
    usage: Usage = field(default_factory=Usage)
    costs: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Framework(Discreet):
    """Does a task by an agent of another framework.

    Attributes:
        wrapped: That agent.
    """

    # Its own repr may be pages long, and hold keys.
    wrapped: Any = field(repr=False)
    name_by: ClassVar[tuple[str, ...]] = ("name",)
    described_by: ClassVar[tuple[str, ...]] = ("description", "instructions")

    @property
    def asks(self) -> str:
        """The model that it asks, as far as that can be told."""
        return model_name(read(self.wrapped, "model")) or type(self.wrapped).__name__

    @property
    def own_name(self) -> str | None:
        """What it is called where it comes from."""
        return _first_text(self.wrapped, self.name_by)

    @property
    def own_description(self) -> str | None:
        """What it says that it is good at."""
        return _first_text(self.wrapped, self.described_by)

    def __post_init__(self) -> None:
        original(self.wrapped)  # What it is before it does anything.

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it answer otherwise."""
        return (original(self.wrapped),)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.wrapped is self.wrapped

    def __hash__(self) -> int:
        return hash((type(self), id(self.wrapped)))


@dataclass(frozen=True, slots=True, eq=False)
class Awaited(Framework):
    """One that is awaited."""

    async def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Return what the agent answers.

        Args:
            task: Description of the task.
            context: Results of the tasks it depends on, by their ids.
        """
        await imported(prices.LIBRARY)
        text = prompt_of(task, context)
        call = Call(self.asks, text)
        return call.answered(await self.work(text))

    async def work(self, text: str) -> Done:
        """Have the agent answer `text`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class Blocking(Framework):
    """One that holds up its thread."""

    def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Return what the agent answers.

        Args:
            task: Description of the task.
            context: Results of the tasks it depends on, by their ids.
        """
        text = prompt_of(task, context)
        call = Call(self.asks, text)
        return call.answered(self.work(text))

    def work(self, text: str) -> Done:
        """Have the agent answer `text`."""
        raise NotImplementedError


class Call:
    """One question, from the word that it is asked to the word that it is answered."""

    def __init__(self, model: str, text: str) -> None:
        """Tell that `model` is asked `text`; raise where it may not be."""
        self._reporter = reporting.current.get()
        self._model = model
        messages = [{"role": "user", "content": text}]
        self._reporter.asked(model, messages, simulated=False)
        self._began = time.perf_counter()

    def answered(self, done: Done) -> Any:
        """Tell what the answer took, and return it."""
        used, seconds = done.usage, time.perf_counter() - self._began
        self._reporter.answered(
            self._model,
            used.input_tokens,
            used.output_tokens,
            seconds,
            cost=done.costs,
        )
        return done.result


def prompt_of(task: str, context: Mapping[str, Any]) -> str:
    """Return the prompt of a task as one text, with the results it needs in fences."""
    return prompt.as_one(task, context, goal=getattr(context, "goal", None))


def read(value: Any, *names: str) -> Any:
    """Return the first of these attributes or keys that there is; `None` for none."""
    for name in names:
        try:
            found = value[name] if isinstance(value, Mapping) else getattr(value, name)
        except Exception:  # noqa: BLE001, S112 - a property of somebody else's class
            continue
        if found is not None:
            return found
    return None


def usage_of(told: Any) -> Usage:
    """Return the tokens of one run, in the words of any of the frameworks."""
    details = read(told, "input_tokens_details", "input_token_details")
    cached = read(details, "cached_tokens", "cache_read")
    if cached is None:
        cached = read(told, "cache_read_tokens")
    return Usage(
        input_tokens=_count(read(told, "input_tokens", "request_tokens")),
        output_tokens=_count(read(told, "output_tokens", "response_tokens")),
        cached_tokens=_count(cached),
    )


def model_name(model: Any) -> str | None:
    """Return the name of a framework's model, or of one that is named by it."""
    if isinstance(model, str):
        return model or None
    name = read(model, "model_name", "model_id", "model")
    if isinstance(name, str) and name:
        return name
    return None if model is None else type(model).__name__


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value >= 0 else None


def _first_text(value: Any, names: tuple[str, ...]) -> str | None:
    found = (_text(read(value, name)) for name in names)
    return next(filter(None, found), None)


def _text(value: Any) -> str | None:
    """Return a paragraph as one line, the first there is; `None` where it is none."""
    if isinstance(value, list | tuple):
        return next(filter(None, map(_text, value)), None)
    if not isinstance(value, str):
        value = read(value, "instruction")
    if not isinstance(value, str):
        return None
    return " ".join(value.strip().split("\n\n")[0].split()) or None
