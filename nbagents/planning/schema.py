"""The form of a plan, as a JSON schema.

`plan_schema` is one that OpenAI's strict mode takes. Strict mode wants every property
required and no others allowed, and knows few keywords. That ids are unique,
dependencies exist and nothing goes in circles, no schema it takes can say: plans are
validated whatever a server promises.

`ordered_schema` is for models of this machine, whose server takes any. They are small
and count badly, so it leaves them nothing to count: the ids are given, and a task can
name only those before it, so no plan that fits has a circle.

Source: https://platform.openai.com/docs/guides/structured-outputs
"""

from collections.abc import Iterable
from typing import Any


def plan_schema(agents: Iterable[str], most: int) -> dict[str, Any]:
    """Return the schema of a plan of 1 to `most` tasks for these agents."""
    text = {"type": "string"}
    task = _object(
        id={**text, "description": "Short and unique, such as 'find_trends'"},
        description={**text, "description": "All that the agent needs to know"},
        agent={**text, "enum": list(agents)},
        dependencies={
            "type": "array",
            "items": text,
            "description": "Ids of the tasks whose results it needs",
        },
    )
    tasks = {"type": "array", "items": task, "minItems": 1, "maxItems": most}
    return _object(tasks=tasks)


def ordered_schema(agents: Iterable[str], most: int) -> dict[str, Any]:
    """Return the schema of 1 to `most` tasks t1, t2, ..., each after those it needs."""
    names = list(agents)
    places = range(1, most + 1)
    numbered = [{"$ref": f"#/$defs/t{place}"} for place in places]
    # One list for each length: llama.cpp takes all of `prefixItems` for required.
    lists = [_listed(numbered[:length]) for length in places]
    defined = {f"t{place}": _numbered(place, names) for place in places}
    return {**_object(tasks={"anyOf": lists}), "$defs": defined}


def most_tokens(most: int) -> int:
    """Return what `most` tasks of `ordered_schema` may take: small models ramble."""
    return most * (LONGEST + _TOKENS_BESIDE)


LONGEST = 240
"""Characters of a description by a model of this machine: two or three sentences."""

_TOKENS_BESIDE = 60  # of a task: ids, names and signs


def _listed(items: list[dict[str, str]]) -> dict[str, Any]:
    length = len(items)
    sizes = {"minItems": length, "maxItems": length}
    return {"type": "array", "prefixItems": items, **sizes}


def _numbered(place: int, agents: list[str]) -> dict[str, Any]:
    before = [f"t{earlier}" for earlier in range(1, place)]
    some = {"type": "array", "items": {"enum": before}, "maxItems": len(before)}
    return _object(
        id={"const": f"t{place}"},
        description={"type": "string", "minLength": 3, "maxLength": LONGEST},
        agent={"enum": agents},
        dependencies=some if before else {"const": []},
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
