"""The agent that hands its task to a language model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbagents.agents import pictures, prompt
from nbagents.agents.conversing import (
    MAX_TURNS,
    TOOL_RULE,
    converse,
    converse_for,
)
from nbagents.agents.outputs import Output
from nbagents.agents.tools import Tool, collected
from nbagents.errors import AgentError
from nbagents.models import Answer, ChatModel, ScriptedModel, resolve
from nbagents.models.resolving import beside
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
        stream: Whether the task shows the answer while it comes.
        tools: What the model may call.
        max_turns: How often it is asked for one answer, where it calls tools.
        output: The type that the answer must be of; `None` for text.
        images: Whether it is shown the pictures and files among the results.
    """

    system: str
    model: str | ScriptedModel | ChatModel | None = None
    # Not shown: headers among them may hold a key.
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    stream: bool = True
    tools: tuple[Tool, ...] = ()
    max_turns: int = MAX_TURNS
    output: Output | None = None
    images: bool = False

    def bind(self, model: ChatModel | None) -> "LanguageModel":
        """Return it ready to be asked: its own model, else `model`.

        A name of its own is looked for at the server of `model`, with the same
        key, unless that one is simulated.
        """
        return replace(self, model=bound(self.model, model))

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it answer otherwise."""
        plain = self.system, self.model, dict(self.parameters)
        more = (self.tools, self.max_turns) if self.tools else ()
        # No more than there is: an agent without any of it is what it always was.
        form = (self.output,) if self.output else ()
        return (*plain, *more, *form, *(("images",) if self.images else ()))

    async def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Return what the model answers: text, or data of the type that is wanted.

        Args:
            task: Description of the task.
            context: Results of the tasks it depends on, by their ids.

        Raises:
            ModelNotConfiguredError: There is no model, or no key for it.
            ModelError: The model could not be reached, or did not answer.
            ToolTurnsError: It called tools again and again.
        """
        model = resolve(self.model)
        if model is None:
            raise no_model("this agent asks a language model, and there is none")
        asked = await self._asked(task, context)
        how: dict[str, Any] = {
            "tools": self.tools,
            "max_turns": self.max_turns,
            "stream": self.stream,
            "parameters": self.parameters,
        }
        if self.output is not None:
            return await converse_for(self.output, model, asked, **how)
        answer, _ = await converse(model, asked, **how)
        return _result(answer) if self.images else answer.text

    async def _asked(
        self, task: str, context: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        goal = getattr(context, "goal", None)
        if not self.images:
            return [*prompt.messages(self._system(), task, context, goal=goal)]
        told, parts = await pictures.attached(context)
        system, user = prompt.messages(self._system(), task, told, goal=goal)
        if not parts:
            return [system, user]
        text = {"type": "text", "text": user["content"]}
        return [system, {"role": "user", "content": [text, *parts]}]

    def _system(self) -> str:
        tools = [TOOL_RULE] if self.tools else []
        form = [self.output.rule] if self.output else []
        return "\n\n".join([self.system, *tools, *form])


def _result(answer: Answer) -> Any:
    """Return the text of an answer, or the picture that it is, or both by name."""
    made = [each for each in map(pictures.made, answer.images) if each]
    if not made:
        return answer.text
    if answer.text.strip():
        return {"text": answer.text, "images": made}
    return made[0] if len(made) == 1 else made


def of(
    agent: str,
    system: str,
    model: Any,
    parameters: Mapping[str, Any],
    *,
    tools: Any,
    max_turns: Any,
    output: Any,
    images: Any,
    stream: Any,
) -> LanguageModel:
    """Return what the agent of that name executes, with what a user gave checked.

    Raises:
        AgentError: A tool is none, `max_turns` is no number of turns, or `output` no
            type of data.
    """
    if type(max_turns) is not int or max_turns < 1:
        message = f"max_turns of agent '{agent}' is a number from 1 up"
        raise AgentError(f"{message}, not {max_turns!r}")
    return LanguageModel(
        system=system,
        model=model,
        parameters=parameters,
        stream=bool(stream),
        tools=collected(tools, agent),
        max_turns=max_turns,
        output=None if output is None else Output(output, agent),
        images=bool(images),
    )


def bound(
    own: str | ScriptedModel | ChatModel | None, given: ChatModel | None
) -> ChatModel | None:
    """Return the model that an agent asks: its own, else the one it is given.

    A name of its own is looked for at the server of the given one, with the same key,
    where that serves models by name.
    """
    if own is None:
        return given
    return resolve(own) if given is None else beside(own, given)
