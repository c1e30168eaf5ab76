"""What events of models and tools mean for their attempt, and for the figures."""

from collections.abc import Callable
from dataclasses import replace

from nbagents.engine import events as e
from nbagents.engine.record import Attempt, ModelCall, TaskState, ToolCall
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError


def asked(state: RunState, event: e.ModelAsked) -> None:
    """Have the attempt have asked a model."""
    call = ModelCall(event.model, event.messages, event.simulated)
    _amend(state, event, lambda calls: (*calls, call))
    state.spent = state.spent.asked()


def answered(state: RunState, event: e.ModelAnswered) -> None:
    """Have a model have answered."""

    def with_answer(calls: tuple[ModelCall, ...]) -> tuple[ModelCall, ...]:
        # An agent that does not tell its prompts may still tell its tokens.
        place = _unanswered(calls)
        asked = ModelCall(event.model) if place is None else calls[place]
        answer = replace(
            asked,
            model=event.model,
            input_tokens=event.input_tokens,
            output_tokens=event.output_tokens,
            seconds=event.seconds,
            cost=event.cost,
        )
        if place is None:
            return (*calls, answer)
        return (*calls[:place], answer, *calls[place + 1 :])

    last = last_attempt(state.tasks[event.task], event)
    spent = state.spent if _unanswered(last.calls) is not None else state.spent.asked()
    _amend(state, event, with_answer)
    tokens = (event.input_tokens or 0) + (event.output_tokens or 0)
    state.spent = spent.answered(tokens, event.cost)


def called(state: RunState, event: e.ToolCalled) -> None:
    """Have a model have called a tool."""
    call = ToolCall(event.tool, event.arguments)
    task = state.tasks[event.task]
    last = last_attempt(task, event)
    with_call = replace(last, tools=(*last.tools, call))
    state.tasks[event.task] = replace(task, last=with_call)


def returned(state: RunState, event: e.ToolReturned) -> None:
    """Have that call have come back."""
    task = state.tasks[event.task]
    last = last_attempt(task, event)
    place = event.call - 1
    if not 0 <= place < len(last.tools):
        message = f"task '{event.task}' has made no tool call {event.call}"
        raise RunStateError(message, verb="report", status=task.status)
    came = replace(
        last.tools[place],
        result=event.result,
        seconds=event.seconds,
        failed=event.failed,
    )
    tools = (*last.tools[:place], came, *last.tools[place + 1 :])
    state.tasks[event.task] = replace(task, last=replace(last, tools=tools))


def _unanswered(calls: tuple[ModelCall, ...]) -> int | None:
    """Return the place of the question asked last that has no answer yet."""
    places = range(len(calls) - 1, -1, -1)
    return next((place for place in places if calls[place].seconds is None), None)


def _amend(
    state: RunState,
    event: e.AttemptEvent,
    change: Callable[[tuple[ModelCall, ...]], tuple[ModelCall, ...]],
) -> None:
    """Change the model calls of the task's last attempt."""
    task = state.tasks[event.task]
    last = last_attempt(task, event)
    amended = replace(last, calls=change(last.calls))
    state.tasks[event.task] = replace(task, last=amended)


def last_attempt(task: TaskState, event: e.TaskEvent) -> Attempt:
    """Return the attempt that `event` belongs to; raise `RunStateError` without one."""
    if task.last is None:
        message = f"task '{event.task}' has not been started"
        raise RunStateError(message, verb="report", status=task.status)
    return task.last
