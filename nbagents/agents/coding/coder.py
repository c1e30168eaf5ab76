"""The agent that does its task by a program."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from nbagents import reporting
from nbagents.agents.coding import inputs, outcomes
from nbagents.agents.coding.conversation import Conversation
from nbagents.agents.coding.place import Place
from nbagents.agents.coding.repairing import Repairs
from nbagents.agents.llm import bound
from nbagents.coded import CodeResult
from nbagents.errors import AgentError, CodeError
from nbagents.models import ChatModel, ScriptedModel, resolve
from nbagents.models.server import no_model
from nbagents.redaction import Discreet
from nbagents.sandbox import Sandbox

MOST_REPAIRS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder(Discreet):
    """Has a model write Python and a sandbox run it; what `Agent.coder` executes.

    Attributes:
        system: What it is, at the beginning of the system prompt.
        sandbox: Where programs run: `"auto"`, the name of a level, or a `Sandbox`.
        allow_plain: Whether a plain process, which holds nothing back, will do.
        model: As in `LanguageModel`.
        repairs: How often a repair is asked for, in one attempt.
        seconds: When a program is killed.
        parameters: Passed with each request.
    """

    system: str
    sandbox: Any = "auto"
    allow_plain: bool = False
    model: str | ScriptedModel | ChatModel | None = None
    repairs: int = 2
    seconds: float = 60.0
    # Not shown: headers among them may hold a key.
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def __post_init__(self) -> None:
        _check_repairs(self.repairs)
        _check_seconds(self.seconds)

    def bind(self, model: ChatModel | None) -> "Coder":
        """Return it ready to be asked: its own model, else `model`."""
        return replace(self, model=bound(self.model, model))

    def check(self) -> None:
        """Raise `SandboxError` where there is no sandbox as it is to have."""
        _ = self._find()

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it come to something else.

        What `"auto"` stands for on this machine is no part of it: the same program
        comes to the same under a stronger guard.
        """
        asked = (self.system, self.model, dict(self.parameters))
        return *asked, self.repairs, self.seconds, _kind(self.sandbox)

    async def __call__(self, task: str, context: Mapping[str, Any]) -> CodeResult:
        """Return what came of a program that does the task.

        Args:
            task: Description of the task.
            context: Results of the tasks it depends on, by their ids; the program has
                them as files.

        Raises:
            SandboxError: There is no sandbox, or it failed.
            CodeError: No program worked, for all repairs.
            ModelNotConfiguredError: There is no model, or no key for it.
            ModelError: The model could not be reached, or did not answer.
        """
        model = resolve(self.model)
        if model is None:
            raise no_model("this agent asks a language model, and there is none")
        model.check()
        place = Place(self._find, _owner())
        try:
            async with place:
                result = await self._work(model, place, task, context)
        except CodeError as error:
            # By way of frames that explain nothing: it is the program that failed.
            raise error.with_traceback(None) from None
        return outcomes.noted(result, place.left)

    async def _work(
        self, model: ChatModel, place: Place, task: str, context: Mapping[str, Any]
    ) -> CodeResult:
        # Values are written down by code of their own classes, which may take time.
        given = await place.aside(lambda: inputs.of(context))
        talk = Conversation(
            self.system,
            task,
            given.told,
            goal=getattr(context, "goal", None),
            seconds=self.seconds,
        )
        repairs = Repairs(
            model=model,
            parameters=self.parameters,
            place=place,
            files=given.files,
            seconds=self.seconds,
            most=self.repairs,
        )
        return await repairs.result(talk)

    def _find(self) -> Sandbox:
        from nbagents.sandbox.choosing import choose

        found = choose(self.sandbox, allow_plain=self.allow_plain)
        if callable(check := getattr(found, "check", None)):
            check()
        return found


def _owner() -> str:
    """Return whose sandbox it is; by chance where no run asks for it."""
    return reporting.current.get().owner or f"alone/{secrets.token_hex(4)}/1"


def _kind(sandbox: Any) -> Any:
    """Return which sandbox was asked for, without what it holds at the moment."""
    if isinstance(sandbox, str):
        return sandbox
    kind = type(sandbox)
    parts = getattr(kind, "digest_parts", None)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name, *(sandbox.digest_parts() if callable(parts) else ())


def _check_repairs(repairs: Any) -> None:
    if type(repairs) is not int or not 0 <= repairs <= MOST_REPAIRS:
        message = f"repairs must be a number from 0 to {MOST_REPAIRS}, not {repairs!r}"
        raise AgentError(message).with_note("Try: Agent.coder(repairs=2)")


def _check_seconds(seconds: Any) -> None:
    is_number = type(seconds) in {int, float}
    if not is_number or not isfinite(seconds) or seconds <= 0:
        message = f"seconds must be a number above 0, not {seconds!r}"
        raise AgentError(message).with_note("Try: Agent.coder(seconds=60)")
