"""Serves a scripted model to the real openai client, inside this process.

Requests are built, sent, answered and parsed as with any server; only the network
is missing. So an offline notebook runs the code that an online one runs.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.models import prices, scripted_stream, wire
from nbagents.models.answer import Usage
from nbagents.models.scripted import (
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    tokens,
)
from nbagents.models.scripted_error import ScriptedError
from nbagents.models.secret import Secret

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

# A picture, or a file, of some size: a model does not read base64 as text.
_PICTURE = 765


@dataclass(frozen=True, slots=True)
class ScriptedServer:
    """The server of a scripted model."""

    script: ScriptedModel
    simulated: ClassVar[bool] = True
    local: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ("openai",)
    # Its delays are wanted, and a person may sit in its function with a debugger.
    deadline: ClassVar[float | None] = None
    lane: ClassVar[None] = None
    address: ClassVar[str] = "http://scripted.invalid/v1"

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"the scripted model '{self.script.name}'"

    @property
    def identity(self) -> ScriptedModel:
        """What makes its answers those of another script."""
        return self.script

    def secret(self) -> Secret:
        """Return that there is nothing to hide."""
        return Secret("")

    def check(self, model: str) -> None:
        """Do nothing: it always works."""

    def client(self) -> "AsyncOpenAI":
        """Return a real client, connected to the script and to nothing else."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            api_key="scripted",
            base_url=self.address,
            max_retries=0,
            http_client=wire.http_client(self),
        )

    def transport(self) -> "httpx2.AsyncBaseTransport":
        """Return what has the script answer."""
        import httpx2

        return httpx2.MockTransport(self._respond)

    def sync_transport(self) -> "httpx2.BaseTransport":
        """Return what has the script answer, on a loop of its own."""
        import httpx2

        return httpx2.MockTransport(self._respond_here)

    def cost(
        self,
        usage: Usage,
        models: Sequence[str],  # noqa: ARG002 - a script has one price
    ) -> float | None:
        """Return what the script says it costs, in US dollars; 0.0 without a price."""
        price = self.script.price
        return 0.0 if price is None else prices.at_rates(usage, price)

    def _respond_here(self, request: "httpx2.Request") -> "httpx2.Response":
        """Have the script answer, whether a loop runs on this thread or not."""
        import httpx2

        async def respond() -> tuple[httpx2.Response, bytes]:
            response = await self._respond(request)
            return response, await response.aread()

        with ThreadPoolExecutor(1) as thread:
            work = copy_context().run
            response, content = thread.submit(work, asyncio.run, respond()).result()
        kind = {"content-type": response.headers["content-type"]}
        return httpx2.Response(response.status_code, headers=kind, content=content)

    async def _respond(self, request: "httpx2.Request") -> "httpx2.Response":
        import httpx2

        body = json.loads(request.content)
        asked = ScriptedRequest(
            messages=tuple(body["messages"]),
            model=body["model"],
            response_format=body.get("response_format"),
            tools=tuple(body.get("tools") or ()),
        )
        try:
            reply = await self.script.reply(asked)
        except ScriptedError as error:
            await asyncio.sleep(self.script.delay)
            return httpx2.Response(error.status, headers=error.headers, json=error.body)
        pause = self.script.pause_of(reply)
        if body.get("stream"):
            options = body.get("stream_options") or {}
            events = scripted_stream.events(
                _completion(asked, reply),
                scripted_stream.pieces(reply, pause),
                pause,
                with_usage=bool(options.get("include_usage")),
                broken=reply.broken,
            )
            kind = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=kind, content=events)
        await asyncio.sleep(pause)
        if reply.broken:
            raise httpx2.RemoteProtocolError("the connection broke")
        # In ASCII, as servers do: half of an emoji can be written so, and arrives.
        whole = json.dumps(_completion(asked, reply))
        kind = {"content-type": "application/json"}
        return httpx2.Response(200, headers=kind, content=whole.encode())


def _completion(asked: ScriptedRequest, reply: ScriptedReply) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text if reply.refusal is None else None,
        "refusal": reply.refusal,
    }
    finish = reply.finish_reason
    if reply.calls:
        message["tool_calls"] = [_call(n, *c) for n, c in enumerate(reply.calls, 1)]
        finish = "tool_calls" if finish == "stop" else finish
    if reply.images:
        message["images"] = [_image(each) for each in reply.images]
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": asked.model,
        "choices": [choice],
        "usage": _usage(asked, reply),
    }


def _image(data: bytes) -> dict[str, Any]:
    address = f"data:image/png;base64,{b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": address}}


def _call(number: int, name: str, arguments: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return {"id": f"call_{number}", "type": "function", "function": function}


def _tokens(content: Any) -> int:
    """Return how many tokens there are in what a message says and shows."""
    if not isinstance(content, list):
        return tokens(str(content))
    texts = [str(part["text"]) for part in content if part.get("type") == "text"]
    return sum(map(tokens, texts)) + _PICTURE * (len(content) - len(texts))


def _usage(asked: ScriptedRequest, reply: ScriptedReply) -> dict[str, int]:
    sent = reply.input_tokens
    if sent is None:
        sent = sum(_tokens(message.get("content")) for message in asked.messages)
    came = reply.output_tokens
    if came is None:
        came = tokens(reply.refusal or reply.text)
    return {
        "prompt_tokens": sent,
        "completion_tokens": came,
        "total_tokens": sent + came,
    }
