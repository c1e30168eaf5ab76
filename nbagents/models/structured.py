"""Asking for JSON of a certain shape, on servers that can do more or less of it."""

from collections.abc import Mapping
from typing import Any

from nbagents.errors import ModelAnswerError, ModelError
from nbagents.models.answer import Answer
from nbagents.models.chat import ChatModel, Messages

# How servers say that they do not have a response_format: OpenAI and vLLM 400,
# FastAPI's validation 422, llama_cpp.server and forks of llama.cpp 500, some 501.
# A 404 means the model or the address, which no other format would mend.
_REJECTED = frozenset({400, 422, 500, 501})


async def structured(
    model: ChatModel,
    messages: Messages,
    *,
    name: str,
    schema: Mapping[str, Any],
    **parameters: Any,
) -> Answer:
    """Return an answer, held to `schema` as strictly as the server can.

    Three ways are tried, from strict to free: a JSON schema, some JSON object,
    any text. The one that worked is remembered for the next call of this model.
    No server's promise is believed: validate what comes. The messages must say
    what is wanted, and say "JSON": two of the three ways depend on it.

    Args:
        model: Who is asked.
        messages: The conversation so far.
        name: Name of the schema, of letters, digits, `_` and `-`.
        schema: What the answer should satisfy.
        parameters: Passed on with the request.

    Raises:
        ModelError: As `ChatModel.chat` does.
    """
    formats = _formats(name, schema)
    for level in range(model.format_level, len(formats) - 1):
        try:
            answer = await model.chat(
                messages, response_format=formats[level], **parameters
            )
        except ModelAnswerError:
            model.format_level = level
            raise
        except ModelError as error:
            if error.status_code not in _REJECTED:
                raise
        else:
            model.format_level = level
            return answer
    answer = await model.chat(messages, **parameters)
    model.format_level = len(formats) - 1
    return answer


def _formats(
    name: str, schema: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, ...]:
    strict = {"name": name, "strict": True, "schema": schema}
    return (
        {"type": "json_schema", "json_schema": strict},
        {"type": "json_object"},
        None,
    )
