"""From what a user gives as `model=` to a ChatModel."""

from dataclasses import replace
from typing import Any

from nbagents.errors import ModelNotConfiguredError
from nbagents.models.chat import ChatModel
from nbagents.models.local import PREFIX, LocalServer
from nbagents.models.recording import About, Recording
from nbagents.models.scripted import ScriptedModel
from nbagents.models.secret import Secret
from nbagents.models.server import DEADLINE_SECONDS, OpenAIServer
from nbagents.models.transport import ScriptedServer


def resolve(
    model: Any,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    deadline: float | None = DEADLINE_SECONDS,
) -> ChatModel | None:
    """Return the model that is meant; `None` for `None`.

    Nothing is connected and no key is needed yet: `check()` asks for that.

    Args:
        model: A name, `"local:"` with the path of a GGUF file, a `ScriptedModel`, a
            `Recording`, or a `ChatModel`, which comes back as it is.
        api_key: `None` takes `OPENAI_API_KEY`; a server of one's own may need
            none.
        base_url: Address of a compatible server, such as
            `"http://localhost:8000/v1"`; `None` takes `OPENAI_BASE_URL`, else
            OpenAI.
        deadline: Seconds a call may take, its retries included; `None` for no
            limit.

    Raises:
        ModelNotConfiguredError: It is none of these.
    """
    if model is None or isinstance(model, ChatModel):
        return model
    if isinstance(model, Recording):
        return recorded(model, api_key=api_key, base_url=base_url, deadline=deadline)
    if isinstance(model, ScriptedModel):
        return ChatModel(f"{model.name} (simulated)", ScriptedServer(model))
    if is_local(model):
        local = LocalServer.of(model)
        return ChatModel(local.name, local)
    if isinstance(model, str) and model.strip():
        key = None if api_key is None else Secret(api_key)
        server = OpenAIServer(api_key=key, base_url=base_url, deadline=deadline)
        return ChatModel(model.strip(), server)
    message = (
        "a model is a name such as 'gpt-4o' or a ScriptedModel, "
        f"not {'an empty text' if isinstance(model, str) else type(model).__name__}"
    )
    raise ModelNotConfiguredError(message).with_note(
        'Try: Orchestrator(agents, model="gpt-4o")'
    )


def recorded(recording: Recording, **how: Any) -> ChatModel:
    """Return the model that answers from `recording`; `how` as `resolve` takes it."""
    behind = resolve(recording.model, **how)
    server = None if behind is None else behind.server
    about = About(model="" if behind is None else behind.name)
    if isinstance(server, ScriptedServer):
        price = server.script.price or (0.0, 0.0)
        about = replace(about, simulated=True, price=price)
    elif server is not None and server.local:
        about = replace(about, price=(0.0, 0.0))
    name = recording.name or about.model
    return ChatModel(name, recording.server(server, about))


def beside(own: Any, given: ChatModel) -> ChatModel | None:
    """Return the model that is meant by `own`, where `given` is that of the team.

    A name is looked for at the server of the given one, with the same key, unless
    that one is simulated, or a file, or the name is that of a file.
    """
    is_name = isinstance(own, str) and not is_local(own)
    if is_name and not given.simulated and not given.local:
        return given.named(own)
    return resolve(own)


def is_local(model: Any) -> bool:
    """Return whether `model` is given as a file on this machine."""
    return isinstance(model, str) and model.strip().startswith(PREFIX)
