"""Answer: what a model said, read from whatever a server sent.

Nothing here trusts that a 200 is an answer. openai hands over a page of HTML as a
`str`, leaves fields out that the server left out, and checks no types, so every
value is looked at before it is used.
"""

from dataclasses import dataclass
from typing import Any

from nbagents.errors import ModelAnswerError
from nbagents.models.secret import Secret
from nbagents.redaction import Discreet, redacted

_SAY_IT_OTHERWISE = "Put the task in other words, or give it to another model."


@dataclass(frozen=True, slots=True)
class Called(Discreet):
    """One call of a tool, as a model wrote it.

    Attributes:
        id: What the model calls the call.
        name: Name of the tool; it may be that of none.
        arguments: JSON, if the model kept to it.
    """

    id: str
    name: str
    arguments: str

    def as_sent(self) -> dict[str, Any]:
        """Return it as a conversation has it."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Discreet):
    """What a model said, and what that took.

    Attributes:
        text: The answer.
        model: Name of the model that gave it, as the server tells it.
        input_tokens: Length of the prompt; `None` when the server did not tell.
        output_tokens: Length of the answer; `None` when the server did not tell.
        seconds: From request to answer, retries included.
        finish_reason: Why the model stopped, usually `"stop"`.
        calls: The tools that the model calls before it goes on, in order.
        images: Pictures that it made, as data addresses.
    """

    text: str
    model: str
    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    finish_reason: str | None
    calls: tuple[Called, ...] = ()
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The tokens of one call; each is `None` when the server did not tell.

    Attributes:
        input_tokens: Length of the prompt.
        output_tokens: Length of the answer.
        cached_tokens: How much of the prompt the server had kept from an earlier
            call, which is cheaper.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None


def usage(completion: Any) -> Usage:
    """Return the tokens that `completion` took, as far as they are told."""
    told = getattr(completion, "usage", None)
    details = getattr(told, "prompt_tokens_details", None)
    return Usage(
        input_tokens=_count(getattr(told, "prompt_tokens", None)),
        output_tokens=_count(getattr(told, "completion_tokens", None)),
        cached_tokens=_count(getattr(details, "cached_tokens", None)),
    )


def named(completion: Any, model: str) -> str:
    """Return the model that answered, as the server tells it; else `model`."""
    told = getattr(completion, "model", None)
    return told if isinstance(told, str) and told else model


def read(
    completion: Any,
    *,
    model: str,
    seconds: float,
    secret: Secret,
    with_tools: bool = False,
) -> Answer:
    """Return the answer in `completion`.

    Args:
        completion: What openai returned, of whatever type.
        model: Name of the model that was asked.
        seconds: How long it took.
        secret: What no error may quote: some servers echo what they were sent.
        with_tools: Whether there are tools that it may call.

    Raises:
        ModelAnswerError: There is none: something else was sent, the model
            refused, was stopped, or said nothing.
    """
    choice = _first_choice(completion, model, secret)
    message = getattr(choice, "message", None)
    text = getattr(message, "content", None)
    stopped = getattr(choice, "finish_reason", None)
    _check_refusal(getattr(message, "refusal", None), stopped, model)
    if stopped == "length":
        raise _cut_short(text, model)
    calls = _calls(message) if with_tools else ()
    images = _images(message)
    if not (calls or images) and (not isinstance(text, str) or not text.strip()):
        raise _empty(stopped, model)
    used = usage(completion)
    return Answer(
        text=text if isinstance(text, str) else "",
        model=named(completion, model),
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        seconds=seconds,
        finish_reason=stopped if isinstance(stopped, str) else None,
        calls=calls,
        images=images,
    )


def _images(message: Any) -> tuple[str, ...]:
    """Return the pictures in a message, where a server sends them beside the text."""
    told = getattr(message, "images", None)
    parts = told if isinstance(told, list) else []
    urls = [each.get("image_url") for each in parts if isinstance(each, dict)]
    found = [each.get("url") for each in urls if isinstance(each, dict)]
    return tuple(each for each in found if isinstance(each, str))


def _calls(message: Any) -> tuple[Called, ...]:
    told = getattr(message, "tool_calls", None)
    functions = [
        (getattr(each, "id", None), getattr(each, "function", None))
        for each in (told if isinstance(told, list) else ())
    ]
    return tuple(
        Called(
            # Some servers give none; what is returned must name one.
            id=id if isinstance(id, str) and id else f"call_{place}",
            name=str(getattr(function, "name", "")),
            arguments=str(getattr(function, "arguments", None) or "{}"),
        )
        for place, (id, function) in enumerate(functions, 1)
        if function is not None
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _first_choice(completion: Any, model: str, secret: Secret) -> Any:
    choices = getattr(completion, "choices", None)
    if isinstance(choices, list) and choices:
        return choices[0]
    told = _clipped(secret.hidden_in(redacted(_as_sent(completion))))
    raise ModelAnswerError(
        f"the server of model '{model}' sent no chat completion, but: {told}",
        reason="no_completion",
    ).with_note(
        "Is base_url that of an OpenAI-compatible server? It usually ends in /v1."
    )


def _as_sent(completion: Any) -> str:
    """Return what was sent as text; gateways put an 'error' where the answer was."""
    if hasattr(completion, "to_dict"):
        completion = completion.to_dict(warnings=False)
        completion = completion.get("error", completion)
    return str(completion)


def _check_refusal(refusal: Any, stopped: Any, model: str) -> None:
    if isinstance(refusal, str) and refusal:
        raise ModelAnswerError(
            f"model '{model}' refused: {_clipped(refusal)}", reason="refusal"
        ).with_note(_SAY_IT_OTHERWISE)
    if stopped == "content_filter":
        raise ModelAnswerError(
            f"the answer of model '{model}' was stopped by a content filter",
            reason="content_filter",
        ).with_note(_SAY_IT_OTHERWISE)


def _cut_short(text: Any, model: str) -> ModelAnswerError:
    return ModelAnswerError(
        f"the answer of model '{model}' was cut off at its limit of tokens",
        reason="length",
        text=text if isinstance(text, str) else "",
    ).with_note(
        "Ask for less in one task, or allow more: Agent.llm(..., max_tokens=...), "
        "for reasoning models max_completion_tokens=..."
    )


def _empty(stopped: Any, model: str) -> ModelAnswerError:
    return ModelAnswerError(
        f"model '{model}' answered with no text (finish_reason: {stopped!r})",
        reason="empty",
    ).with_note("Try again, put the task in other words, or take another model.")


def _clipped(text: str, most: int = 200) -> str:
    words = " ".join(redacted(text).split())
    return words if len(words) <= most else f"{words[:most]}..."
