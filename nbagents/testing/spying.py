"""A scripted model that remembers what it was asked, and answers that take turns."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from nbagents.models.scripted import (
    Reply,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
)
from nbagents.models.scripted_error import ScriptedError


class SpyModel(ScriptedModel):
    """A scripted model that remembers what it was asked.

    Attributes:
        requests: What it was asked, in order.

    Example:
        >>> model = SpyModel({"": "hello"})
        >>> model.requests
        []
    """

    def __init__(
        self, answer: Any = "", name: str = "scripted", **options: Any
    ) -> None:
        self.requests: list[ScriptedRequest] = []
        if isinstance(answer, str):
            answer = {"": answer}
        super().__init__(answer, name, **options)

    async def reply(self, request: ScriptedRequest) -> ScriptedReply:
        """Return what the script answers, and remember the request."""
        self.requests.append(request)
        return await super().reply(request)

    @property
    def prompts(self) -> list[str]:
        """The text of the last user message of each request."""
        return [each.prompt for each in self.requests]


def in_turn(
    *answers: Reply | ScriptedError,
) -> Callable[[ScriptedRequest], Reply | ScriptedError]:
    """Return a function that gives these answers one after another; the last for ever.

    Args:
        answers: What a rule may answer: text, data, a `ScriptedReply` or an error.

    Raises:
        ValueError: There is none.

    Example:
        >>> answer = in_turn(ScriptedError(status=503), "hello")
        >>> [answer(ScriptedRequest(messages=())) for _ in range(3)]
        [ScriptedError('the server failed', status=503), 'hello', 'hello']
    """
    if not answers:
        raise ValueError("give at least one answer")
    left, lock = list(answers), Lock()

    def answer(request: ScriptedRequest) -> Reply | ScriptedError:
        del request
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer
