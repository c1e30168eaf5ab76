"""What spans carry: attributes by the names of the conventions, and safe texts.

The names are those of the semantic conventions for generative AI, which are still in
development; what these have no name for begins with `nbagents.`. Prompts and results
are left out, unless the variable is set that asks every library for them.
"""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from nbagents.engine import metrics
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.state import RunState
from nbagents.redaction import head, redacted_in

Attributes = dict[str, str | int | float | bool]

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""The variable by which a user asks for prompts and results."""

_ASKED_FOR = ("true", "span_only", "span_and_event")
_MOST, _MOST_CONTENT = 500, 20_000  # characters of a name or reason; of a content

# Names of models begin with these; what asks one speaks the API of OpenAI otherwise.
_PROVIDERS = {
    "claude": "anthropic",
    "command": "cohere",
    "deepseek": "deepseek",
    "gemini": "gcp.gemini",
    "grok": "x_ai",
    "mistral": "mistral_ai",
    "sonar": "perplexity",
}


def words(text: str) -> str:
    """Return `text` of others on one line, without keys and what cannot be seen."""
    line = " ".join(head(str(text), _MOST).split())
    return "".join(each if each.isprintable() else "\ufffd" for each in line)


def of_workflow(name: str, state: RunState) -> Attributes:
    """Return what is known of a run when it starts."""
    found: Attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": words(name),
        "nbagents.run.id": words(state.run),
        "nbagents.run.simulated": state.simulated,
    }
    known = {"within": state.within, "parent": state.parent}
    return found | {f"nbagents.run.{k}": words(v) for k, v in known.items() if v}


def of_outcome(state: RunState) -> Attributes:
    """Return what a run has come to, all of its stretches together."""
    figures = metrics.metrics(state)
    found: Attributes = {
        "nbagents.run.status": str(state.status),
        "nbagents.run.tokens": figures["total_tokens"],
        "nbagents.tasks.total": len(state.tasks),
    }
    if figures["total_cost"] is not None:
        found["nbagents.run.cost"] = figures["total_cost"]
    if state.reason:
        found["nbagents.run.reason"] = words(state.reason)
    for status in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.SKIPPED):
        found[f"nbagents.tasks.{status}"] = state.counts[status]
    return found


def of_task(run: str, task: str) -> Attributes:
    """Return what is known of a task of that run."""
    return {"nbagents.run.id": words(run), "nbagents.task.id": words(task)}


def of_attempt(run: str, task: str, number: int, agent: str) -> Attributes:
    """Return what is known of an attempt when it begins."""
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "nbagents",
        "gen_ai.agent.name": words(agent),
        "nbagents.attempt": number,
        **of_task(run, task),
    }


def of_planning(run: str, model: str | None) -> Attributes:
    """Return what is known of the planning of a goal."""
    found: Attributes = {
        "gen_ai.operation.name": "plan",
        "gen_ai.provider.name": "nbagents",
        "nbagents.run.id": words(run),
    }
    return found if model is None else {**found, "gen_ai.request.model": words(model)}


def of_question(
    model: str, agent: str, messages: Sequence[Mapping[str, Any]], *, simulated: bool
) -> Attributes:
    """Return what is known of a call of a model when it goes out."""
    found: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "nbagents" if simulated else provider(model),
        "gen_ai.request.model": words(model),
        "gen_ai.agent.name": words(agent),
    }
    if messages and captures():
        found["gen_ai.input.messages"] = _content(map(_message, messages))
    return found


def of_answer(
    input_tokens: int | None, output_tokens: int | None, cost: float | None
) -> Attributes:
    """Return what an answer took, as far as that was told."""
    figures = {
        "gen_ai.usage.input_tokens": input_tokens,
        "gen_ai.usage.output_tokens": output_tokens,
        "nbagents.cost": cost,
    }
    return {name: value for name, value in figures.items() if value is not None}


def of_result(result: Any) -> Attributes:
    """Return a result that is text, where contents are asked for."""
    if not isinstance(result, str) or not captures():
        return {}
    said = _message({"role": "assistant", "content": result})
    return {"gen_ai.output.messages": _content([{**said, "finish_reason": "stop"}])}


def provider(model: str) -> str:
    """Return whose model it is, by its name, with or without a vendor before it."""
    name = model.rpartition("/")[2].lower()
    known = (whose for start, whose in _PROVIDERS.items() if name.startswith(start))
    return next(known, "openai")


def captures() -> bool:
    """Return whether contents are asked for."""
    return os.environ.get(CAPTURE, "").strip().lower() in _ASKED_FOR


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    said = head(str(message.get("content", "")), _MOST_CONTENT)
    parts = [{"type": "text", "content": said}]
    return {"role": str(message.get("role", "user")), "parts": parts}


def _content(messages: Any) -> str:
    return json.dumps(redacted_in(list(messages)))
