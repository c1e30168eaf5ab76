"""The agent that hands its task to a language model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbagents.agents import prompt
from nbagents.models import ChatModel, ScriptedModel, resolve
from nbagents.models.server import no_model
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel(Discreet):
    """Asks a model to do the task; what `Agent.llm` executes.

    Attributes:
        system: The system prompt.
        model: Name of a model, a scripted one, or one that is ready to be asked;
            `None` takes the team's.
        parameters: Passed with each request, such as `{"temperature": 0}`.
    """

    system: str
    model: str | ScriptedModel | ChatModel | None = None
    # Not shown: headers among them may hold a key.
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def bind(self, model: ChatModel | None) -> "LanguageModel":
        """Return it ready to be asked: its own model, else `model`.

        A name of its own is looked for at the server of `model`, with the same
        key, unless that one is simulated.
        """
        return replace(self, model=bound(self.model, model))

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it answer otherwise."""
        return self.system, self.model, dict(self.parameters)

    async def __call__(self, task: str, context: Mapping[str, Any]) -> str:
        """Return what the model answers.

        Args:
            task: Description of the task.
            context: Results of the tasks it depends on, by their ids.

        Raises:
            ModelNotConfiguredError: There is no model, or no key for it.
            ModelError: The model could not be reached, or did not answer.
        """
        model = resolve(self.model)
        if model is None:
            raise no_model("this agent asks a language model, and there is none")
        asked = prompt.messages(
            self.system, task, context, goal=getattr(context, "goal", None)
        )
        answer = await model.chat(asked, **self.parameters)
        return answer.text


def bound(
    own: str | ScriptedModel | ChatModel | None, given: ChatModel | None
) -> ChatModel | None:
    """Return the model that an agent asks: its own, else the one it is given.

    A name of its own is looked for at the server of the given one, with the same key,
    unless that one is simulated.
    """
    if own is None:
        return given
    if isinstance(own, str) and given is not None and not given.simulated:
        return given.named(own)
    return resolve(own)
