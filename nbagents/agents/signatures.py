"""The signature of a function as a JSON schema, and arguments checked against it."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from nbagents.errors import AgentError

_SECTION = re.compile(r"^(Args|Arguments|Parameters):\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")
_OTHER = inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL


class Signature:
    """What a function takes, by keyword.

    Args:
        function: The function.
        name: What messages call it.

    Raises:
        AgentError: It takes what no JSON can be.

    Attributes:
        schema: The JSON schema of its arguments.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._names = _names(function, name)
        self._model = _model_of(function, name, self._names)
        self.schema = _schema_of(self._model, name)

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return `arguments` as the function takes them.

        Raises:
            ValueError: They do not fit; the message says which, and why.
        """
        import pydantic

        try:
            held = self._model.model_validate(dict(arguments))
        except pydantic.ValidationError as error:
            raise ValueError(in_words(error)) from None
        given = held.model_fields_set
        return {
            name: getattr(held, field)
            for field, name in self._names.items()
            if field in given
        }


def in_words(error: Any) -> str:
    """Return what pydantic found wrong, a line for each place, without the values."""
    return "\n".join(
        f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)
    )


def _names(function: Callable[..., Any], name: str) -> dict[str, str]:
    """Return the parameters by a name that no attribute of pydantic has."""
    parameters = inspect.signature(function).parameters.values()
    for each in parameters:
        if each.kind in _OTHER or each.kind is each.POSITIONAL_ONLY:
            message = (
                f"tool '{name}' takes '{each}', and a model gives each argument by name"
            )
            raise AgentError(message).with_note(
                "Try: def search(query: str, limit: int = 10) -> str: ..."
            )
    return {f"p{n}": each.name for n, each in enumerate(parameters)}


def _model_of(function: Callable[..., Any], tool: str, names: Mapping[str, str]) -> Any:
    import pydantic

    about = _described(function)
    parameters = inspect.signature(function).parameters
    try:
        hints = get_type_hints(function, include_extras=True)
        fields: dict[str, Any] = {
            field: (
                hints.get(name, Any),
                pydantic.Field(
                    default=_default(parameters[name]),
                    alias=name,
                    description=about.get(name),
                ),
            )
            for field, name in names.items()
        }
        options = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=False)
        return pydantic.create_model(tool, __config__=options, **fields)
    except Exception as error:
        raise _unfit(tool, error) from error


def _schema_of(model: Any, tool: str) -> dict[str, Any]:
    from pydantic.json_schema import GenerateJsonSchema

    class Quiet(GenerateJsonSchema):
        # A default that no JSON can be is left out; the function has it.
        ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012 - as the class around it has it

    try:
        schema: dict[str, Any] = model.model_json_schema(schema_generator=Quiet)
    except Exception as error:
        raise _unfit(tool, error) from error
    for each in schema.get("properties", {}).values():
        each.pop("title", None)
    schema.pop("title", None)
    return schema


def _unfit(tool: str, error: Exception) -> AgentError:
    reason = str(error).split("\n", 1)[0]
    message = f"the arguments of tool '{tool}' cannot be asked of a model: {reason}"
    return AgentError(message).with_note(
        "Annotate them with what JSON can be: str, int, float, bool, list[str], "
        "dict, Literal, dataclasses or models of pydantic."
    )


def _default(parameter: inspect.Parameter) -> Any:
    return ... if parameter.default is parameter.empty else parameter.default


def _described(function: Callable[..., Any]) -> dict[str, str]:
    """Return what the docstring says of each parameter, as Google writes it."""
    text = inspect.getdoc(function) or ""
    start = _SECTION.search(text)
    if start is None:
        return {}
    about: dict[str, str] = {}
    name = ""
    for line in text[start.end() :].strip("\n").splitlines():
        if line and not line.startswith(" "):
            break  # The next section.
        entry = _ENTRY.match(line.strip()) if line[:5].strip() else None
        if entry:
            name = entry[1]
            about[name] = entry[2]
        elif name:
            about[name] = f"{about[name]} {line.strip()}".strip()
    return about
