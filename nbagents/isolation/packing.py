"""What a process is told to do, packed so that it can be sent there."""

import inspect
import pickle
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nbagents.errors import AgentProcessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is to be done elsewhere.

    Attributes:
        agent: Name of the agent.
        function: What it executes.
        task: Description of the task.
        context: Results the task may use; its own attributes are sent along.
    """

    agent: str
    function: Callable[..., Any]
    task: str
    context: Mapping[str, Any]


def packed(call: Call) -> bytes:
    """Return what the child reads: where its modules are, and the call."""
    import cloudpickle  # type: ignore[import-untyped]

    context = call.context
    attributes = dict(getattr(context, "__dict__", {}))
    content = (call.function, call.task, dict(context), attributes)
    try:
        data = cloudpickle.dumps(content)
    except Exception as error:  # noqa: BLE001 - the agent's own classes
        message = (
            f"what agent '{call.agent}' uses cannot be sent to its process: "
            f"{_culprit(call) or ''}{brief(error)}"
        )
        raise AgentProcessError(message, agent=call.agent).with_note(
            "Make it inside the function, or leave out isolate."
        ) from None
    paths = [each for each in sys.path if isinstance(each, str)]
    return pickle.dumps((paths, [""], len(data))) + bytes(data)


def _culprit(call: Call) -> str | None:
    """Return the name of a variable or an input that does not pickle, if one is it."""
    import cloudpickle

    used = dict(call.context)
    with suppress(TypeError, ValueError):  # It is no function, or an odd one.
        found = inspect.getclosurevars(call.function)
        used |= {**found.globals, **found.nonlocals}
    for name, value in used.items():
        try:
            cloudpickle.dumps(value)
        except Exception:  # noqa: BLE001 - as above
            return f"'{name}': "
    return None


def brief(error: BaseException) -> str:
    """Return the class of an error, and what it says."""
    return f"{type(error).__name__}: {error}"
