"""A client for agents that ask models by themselves: `nbagents.client()`."""

from typing import TYPE_CHECKING, Any, Literal, overload

from nbagents.errors import ModelNotConfiguredError
from nbagents.models.local import LocalServer
from nbagents.models.recording import Recording, at_work
from nbagents.models.resolving import is_local, recorded
from nbagents.models.scripted import ScriptedModel
from nbagents.models.secret import Secret
from nbagents.models.server import OpenAIServer, Server
from nbagents.models.transport import ScriptedServer

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI


@overload
def client(
    model: ScriptedModel | Recording | str | None = None,
    *,
    sync: Literal[False] = False,
    api_key: str | None = None,
    base_url: str | None = None,
    **options: Any,
) -> "AsyncOpenAI": ...


@overload
def client(
    model: ScriptedModel | Recording | str | None = None,
    *,
    sync: Literal[True],
    api_key: str | None = None,
    base_url: str | None = None,
    **options: Any,
) -> "OpenAI": ...


def client(
    model: ScriptedModel | Recording | str | None = None,
    *,
    sync: bool = False,
    api_key: str | None = None,
    base_url: str | None = None,
    **options: Any,
) -> Any:
    """Return a client of openai whose calls belong to the task that makes them.

    In an agent of a run each request is counted, priced, held to the limits of the run,
    and shown with its task, as those of `Agent.llm` are; elsewhere it just works. One
    client may be used from any event loop and thread.

    Args:
        model: A scripted model that answers instead of a server, a `Recording`, or
            `"local:"` with the path of a GGUF file, of which the process ends with the
            client. In a run whose team has a `Recording` all requests are recorded
            there, or replayed, whatever this is.
        sync: Return an `OpenAI` instead of an `AsyncOpenAI`.
        api_key: `None` takes `OPENAI_API_KEY`; a server of one's own may need none.
        base_url: Address of a compatible server; `None` takes `OPENAI_BASE_URL`, else
            OpenAI.
        options: What openai's client takes besides, such as `timeout=30`.

    Raises:
        ModelNotConfiguredError: There is no key, or `model` is none of these.

    Example:
        >>> from nbagents import ScriptedModel
        >>> asking = client(ScriptedModel({"": "hello"}), sync=True)
        >>> said = asking.chat.completions.create(
        ...     model="any", messages=[{"role": "user", "content": "hi"}]
        ... )
        >>> said.choices[0].message.content
        'hello'
    """
    server = _server(model, api_key, base_url)
    if not at_work.is_replayed():  # What is replayed takes no key.
        server.check("any")
    from nbagents.models.counted import CountedAsyncOpenAI, CountedOpenAI

    given = {"api_key": server.secret().reveal() or "scripted", **options}
    if (address := server.address) is not None:
        given["base_url"] = address
    made = CountedOpenAI if sync else CountedAsyncOpenAI
    return made.of(server, **given)


def _server(model: Any, api_key: str | None, base_url: str | None) -> Server:
    if isinstance(model, ScriptedModel):
        return ScriptedServer(model)
    if isinstance(model, Recording):
        return recorded(model, api_key=api_key, base_url=base_url).server
    if is_local(model):
        return LocalServer.of(model)
    if model is None:
        key = None if api_key is None else Secret(api_key)
        return OpenAIServer(api_key=key, base_url=base_url)
    message = (
        "a client takes a ScriptedModel to work offline, and the name of a model with "
        f"each request, not {type(model).__name__}"
    )
    raise ModelNotConfiguredError(message).with_note(
        'Try: client().chat.completions.create(model="gpt-4o", messages=[...])'
    )
