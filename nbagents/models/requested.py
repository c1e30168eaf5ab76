"""What a request asks of a model, read from what is about to be sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbagents.models.shown import shown

if TYPE_CHECKING:
    import httpx2

_ASKING = ("/chat/completions", "/responses", "/completions", "/embeddings")
_SAID = ("messages", "input", "prompt")


@dataclass(frozen=True, slots=True)
class Requested:
    """What is asked, of which model.

    Attributes:
        model: Name of the model.
        messages: The conversation, as it is told.
        parameters: What else is sent.
    """

    model: str
    messages: list[Mapping[str, Any]]
    parameters: Mapping[str, Any]

    @classmethod
    def of(cls, request: "httpx2.Request") -> "Requested | None":
        """Return what `request` asks; `None` where it asks no model."""
        if request.method != "POST" or not request.url.path.endswith(_ASKING):
            return None
        try:
            body = json.loads(request.read())
        except (ValueError, RuntimeError):  # A file that is sent as it is read.
            return None
        if not isinstance(body, dict):
            return None
        said = next((body[name] for name in _SAID if name in body), "")
        left = {k: v for k, v in body.items() if k not in {*_SAID, "model"}}
        return cls(str(body.get("model", "")), shown(said), left)
