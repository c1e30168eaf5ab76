"""Answers of a certain type: what a model is told of it, and what it answered as data.

The result is plain data, as JSON has it, and no object of the type: it is stored in the
journal and comes back the same, whatever has become of the class meanwhile.
"""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbagents.agents.signatures import in_words
from nbagents.errors import AgentError

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
_THOUGHTS = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL)  # of reasoning models
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_WRAPPED = "value"


class Output:
    """A type that an answer must be of.

    Args:
        type: A model of pydantic, a dataclass, a `TypedDict`, or a type such as
            `list[str]`.
        agent: Name of the agent, for messages.

    Raises:
        AgentError: It is no type that JSON can have.

    Attributes:
        name: What servers are told that it is called.
        schema: Its JSON schema, with an object at the top, as strict as it can be.
        type: The type.
    """

    def __init__(self, type: Any, agent: str) -> None:  # noqa: A002 - what it is
        import pydantic

        self.type = type
        try:
            self._adapter: Any = pydantic.TypeAdapter(type)
            plain = self._adapter.json_schema()
            if inspect.isroutine(type):
                raise TypeError("it is a function")  # noqa: TRY301 - as others fail
        except Exception as error:
            reason = str(error).split("\n", 1)[0]
            message = f"agent '{agent}' cannot answer with {type!r}: {reason}"
            raise AgentError(message).with_note(
                "Try: class Report(pydantic.BaseModel): ... and output=Report"
            ) from error
        self.name = _NAME.sub("_", str(getattr(type, "__name__", "answer")))[:64]
        self._plain = plain
        self._is_wrapped = plain.get("type") != "object"
        self.schema = _strict(_wrapped(plain) if self._is_wrapped else plain)

    @property
    def rule(self) -> str:
        """What the model is told."""
        schema = json.dumps(self.schema, ensure_ascii=False)
        return (
            "Answer with one JSON object and nothing else. It must satisfy this "
            f"schema:\n{schema}"
        )

    def read(self, text: str) -> Any:
        """Return the data in an answer, checked.

        Raises:
            ValueError: It does not fit; the message says where, and why.
        """
        import pydantic

        data = _json_in(text)
        if self._is_wrapped and isinstance(data, dict) and set(data) == {_WRAPPED}:
            data = data[_WRAPPED]
        try:
            made = self._adapter.validate_json(json.dumps(data))
        except pydantic.ValidationError as error:
            raise ValueError(in_words(error)) from None
        return self._adapter.dump_python(made, mode="json")

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another type."""
        return self.name, json.dumps(self._plain, sort_keys=True)

    def __repr__(self) -> str:
        return f"Output({self.name})"


def _wrapped(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object around a value: servers take nothing else."""
    inner = {key: each for key, each in schema.items() if key != "$defs"}
    around: dict[str, Any] = {
        "type": "object",
        "properties": {_WRAPPED: inner},
        "required": [_WRAPPED],
    }
    return {**around, "$defs": schema["$defs"]} if "$defs" in schema else around


def _strict(schema: Any) -> Any:
    """Return `schema` as OpenAI wants it: every property required, and no others."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(each) for key, each in schema.items() if key != "default"}
    properties = schema.get("properties")
    if schema.get("type") == "object" and isinstance(properties, dict):
        # By itself: a property may be called "default".
        strict["properties"] = {key: _strict(each) for key, each in properties.items()}
        strict["required"] = list(properties)
        strict["additionalProperties"] = False
    return strict


def _json_in(text: str) -> Any:
    for each in _candidates(text):
        try:
            return json.loads(each)
        except (ValueError, RecursionError):
            continue
    raise ValueError("this is not JSON")


def _candidates(text: str) -> Iterator[str]:
    """Yield what may be the JSON in a text of a model that says more than that."""
    text = _THOUGHTS.sub("", text)
    yield text
    yield from _FENCED.findall(text)
    for first, last in ("{}", "[]"):
        yield text[text.find(first) : text.rfind(last) + 1]
