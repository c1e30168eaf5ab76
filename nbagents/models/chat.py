"""ChatModel: what the rest of the package asks for text."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from nbagents import reporting
from nbagents.errors import ModelError
from nbagents.models import answer as answers
from nbagents.models import failures, fence
from nbagents.models.answer import Answer
from nbagents.models.asking import ask
from nbagents.models.client import Clients, imported
from nbagents.models.gate import gate_of
from nbagents.models.sending import Ways
from nbagents.models.server import Server
from nbagents.models.shown import shown
from nbagents.models.telling import Telling

Messages = Sequence[Mapping[str, Any]]
"""A conversation as openai takes it: `{"role": ..., "content": ...}` each."""


class ChatModel:
    """A language model: one name at one server.

    It may be used from any event loop; each has its own connections. Inside
    `async with model.opened()` they are kept from call to call; a call outside
    makes and closes its own.

    Attributes:
        name: What views call it.
        simulated: Whether answers come from a script instead of a model.
        local: Whether it is a file on this machine: the one model of its server,
            which holds it to any JSON schema.
        format_level: How far down the ladder of `structured` this server made us
            go; 0 at the top.
    """

    def __init__(
        self,
        name: str,
        server: Server,
        clients: Clients | None = None,
        ways: Ways | None = None,
    ) -> None:
        self.name = name
        self.simulated = server.simulated
        self.local = server.local
        self.format_level = 0
        self._server = server
        self._clients = clients or Clients(server.client)
        self._ways = ways or Ways()

    @property
    def server(self) -> Server:
        """Who serves it."""
        return self._server

    def named(self, name: str) -> "ChatModel":
        """Return another model of the same server, sharing its connections."""
        return ChatModel(name, self._server, self._clients, self._ways)

    def check(self) -> None:
        """Raise `ModelNotConfiguredError` when no request can work."""
        self._server.check(self.name)

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator["ChatModel"]:
        """Keep connections open until the last of those who asked for it leaves."""
        async with self._clients.opened():
            yield self

    async def chat(
        self,
        messages: Messages,
        *,
        response_format: Mapping[str, Any] | None = None,
        stream: bool = False,
        **parameters: Any,
    ) -> Answer:
        """Return what the model says to `messages`.

        Args:
            messages: The conversation so far.
            response_format: As openai takes it; `None` leaves it out.
            stream: Whether the task that asks shows the answer while it comes.
            parameters: Passed on with the request, such as `temperature=0`.

        Raises:
            ModelNotConfiguredError: There is no key for it.
            ModelError: It could not be reached, or did not answer.
            ModelAnswerError: What it answered cannot be used.
            LimitReachedError: The run that asks has reached a limit.
            RepeatedCallError: It was asked just this too often in a row.
        """
        self.check()
        await imported(*self._server.libraries)
        if response_format is not None:
            parameters["response_format"] = response_format
        messages = fence.sendable(messages)
        reporter = reporting.current.get()
        reporter.asked(
            self.name,
            shown(messages),
            simulated=self.simulated,
            parameters=parameters,
        )
        began = time.perf_counter()
        telling = Telling(partial(_show, reporter)) if stream else None
        completion = await self._complete(messages, parameters, telling)
        seconds = time.perf_counter() - began
        self._tell(reporter, completion, seconds)
        secret = self._server.secret()
        return answers.read(
            completion,
            model=self.name,
            seconds=seconds,
            secret=secret,
            with_tools=bool(parameters.get("tools")),
        )

    def _tell(
        self, reporter: reporting.Reporter, completion: Any, seconds: float
    ) -> None:
        used = answers.usage(completion)
        # A name like gpt-4o stands for one of several; the server tells which.
        names = (answers.named(completion, self.name), self.name)
        reporter.answered(
            self.name,
            used.input_tokens,
            used.output_tokens,
            seconds,
            cost=self._server.cost(used, names),
        )

    async def _complete(
        self, messages: Messages, parameters: dict[str, Any], telling: Telling | None
    ) -> Any:
        # openai types each role apart; what is sent is checked by the server.
        request = {"model": self.name, "messages": list(messages), **parameters}
        try:
            async with self._clients.opened() as held:

                async def send() -> Any:
                    return await self._ways.send(held.client(), request, telling)

                return await self._answered(send)
        except ModelError as error:
            # From a script, by way of a dozen frames of openai that explain nothing.
            raise error.with_traceback(None) from error.__cause__
        except Exception as error:  # noqa: BLE001 - whatever it is gets explained
            cause = failures.showable(error, self._server)
            raise failures.explain(error, self.name, self._server) from cause

    async def _answered(self, send: Callable[[], Awaitable[Any]]) -> Any:
        """Return what `send` brings, within the time that the server is given."""
        lane, deadline = self._server.lane, self._server.deadline
        if lane is None:
            async with asyncio.timeout(deadline):
                return await send()
        # Not by openai's own timeout, which starts anew with each byte.
        return await ask(send, gate_of(lane), deadline)

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it answer otherwise: its name, and who serves it."""
        return self.name, self._server.identity

    def __repr__(self) -> str:
        return f"ChatModel({self.name!r}, {self._server.place!r})"


def _show(reporter: reporting.Reporter, words: str) -> None:
    reporter.progress(words, None)
