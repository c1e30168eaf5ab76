"""Where a model's answers come from.

`resolve` turns what a user gives as `model=` into a `ChatModel`, which everything else
talks to. Behind it stands a server: `server` is OpenAI or one that speaks as it does,
`local` a file on this machine, `scripted` and `transport` are the offline stand-in,
`recording` gives back what another one said before.
`client` keeps one client for each event loop, `answer` reads what came back, `prices`
says what it cost, `failures` says in words what went wrong, `structured` asks for
JSON, and `fence` keeps other people's text apart from instructions. No other folder
imports openai or genai-prices, and this one does so only when a request is about to be
sent.
"""

from nbagents.models.answer import Answer
from nbagents.models.chat import ChatModel
from nbagents.models.own import client
from nbagents.models.recording import Recording
from nbagents.models.resolving import resolve
from nbagents.models.scripted import ScriptedModel, ScriptedReply, ScriptedRequest

__all__ = [
    "Answer",
    "ChatModel",
    "Recording",
    "ScriptedModel",
    "ScriptedReply",
    "ScriptedRequest",
    "client",
    "resolve",
]
