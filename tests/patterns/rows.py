"""Agents and a scripted server for the rows of the pattern."""

import asyncio
from typing import Any

from nbagents import Agent, Plan, Retry, ScriptedModel, ScriptedRequest, Task

SOON = Retry(attempts=3, first=0.001, jitter=0)
CHAIN = Plan([Task("find", "Find", "finder"), Task("tell", "Tell", "writer", ["find"])])


def llm(name: str, **more: Any) -> Agent:
    return Agent.llm(name, f"Does the work of a {name}", system=f"I am {name}.", **more)


class Server:
    """Answers as agents would by their names; some requests fail, or wait for ever."""

    def __init__(self, *first: Any, plan: Plan | None = None) -> None:
        self.first = [*first]
        self.plan = plan
        self.asked: list[ScriptedRequest] = []

    async def __call__(self, request: ScriptedRequest) -> Any:
        self.asked.append(request)
        if request.prompt.startswith("Plan this goal"):
            return self.plan
        if "Answer the goal" in request.prompt:
            return f"answer from {', '.join(sorted(request.results))}"
        if self.first:
            return await self.odd(self.first.pop(0))
        return "by " + request.system.removeprefix("I am ").partition(".")[0]

    async def odd(self, what: Any) -> Any:
        if isinstance(what, BaseException):
            raise what
        if what is Ellipsis:
            await asyncio.Event().wait()
        return what

    @property
    def model(self) -> ScriptedModel:
        return ScriptedModel(self, price=(2.0, 8.0))


def busy() -> ConnectionError:
    return ConnectionError("the server is busy")


def broken(task: str, context: dict[str, Any]) -> str:
    """Cannot do it."""
    raise ValueError("no figures")


def failing(error: Any, times: int) -> ScriptedModel:
    return Server(*[error() for _ in range(times)]).model


WITH_A_GAP = Plan(
    [
        Task("find", "Find", "finder"),
        Task("count", "Count", "broken"),
        Task("tell", "Tell", "writer", ["find", "count"]),
    ]
)
