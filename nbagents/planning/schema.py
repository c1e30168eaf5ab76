"""The form of a plan, as a JSON schema that OpenAI's strict mode takes.

Strict mode wants every property required and no others allowed, and knows few
keywords. That ids are unique, dependencies exist and nothing goes in circles, no
schema it takes can say: plans are validated whatever a server promises.

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


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
