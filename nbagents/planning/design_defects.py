"""Everything that is wrong with the designs of specialists, named at once.

What a model wrote is data: it becomes names in plans, text in tables and the system
prompts of agents, so what could pass there for something else is a defect.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbagents.models import fence
from nbagents.planning.synthesis import SYNTHESIZER
from nbagents.redaction import clipped

MOST = 6
"""Most specialists that a model may design; the fewest are 2."""

MOST_BY_HAND = 24
"""Most that a team may have when a person has added some."""

RESERVED = frozenset({SYNTHESIZER, "partial answer"})
"""Names of agents that teams have beside their own."""

_MOST_NAME, _MOST_ROLE, _MOST_ABLE, _MOST_SYSTEM = 40, 300, 80, 4_000
_MOST_ABILITIES = 12

_NAME = re.compile(r"[^\W_][\w \-]*")
# What begins like a tag, an entity of a page, a picture or a link of Markdown, or a
# mark by which a server tells who speaks.
_MARKUP = re.compile(r"<\s*[/!?|]?\s*[a-zA-Z]|&#?\w+;|\]\(|<\||\|>|```")
# In a prompt, tags of one's own are common. These are none of one's own.
_MARKS = re.compile(
    r"<\||\|>|\[/?INST\]|<</?SYS>>|<\s*/?\s*(?:script|iframe|img|svg|style)\b",
    re.IGNORECASE,
)
# Lines, and what joins letters in Persian or in emoji.
_USUAL = frozenset("\n\t\u200c\u200d")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def find(listed: Any, *, least: int = 1, most: int = MOST_BY_HAND) -> list[str]:
    """Return what is wrong with designs as they came, one sentence each.

    Args:
        listed: What should be a list of objects with `name`, `role`, `capabilities`
            and `system`.
        least: Fewest of them.
        most: Most of them.
    """
    if isinstance(listed, str) or not isinstance(listed, Sequence):
        return ["there is no list of agents under 'agents'"]
    if not least <= len(listed) <= most:
        return [f"{len(listed)} agents: there must be {least} to {most}"]
    found: list[str] = []
    seen: set[str] = set()
    for position, item in enumerate(listed, start=1):
        found += _of_item(item, f"agent number {position}", seen)
    return found


def _of_item(item: Any, label: str, seen: set[str]) -> Iterator[str]:
    if not isinstance(item, Mapping):
        yield f"{label} must be an object"
        return
    yield from _of_name(item.get("name"), label, seen)
    yield from _of_text(item.get("role"), f"the role of {label}", _MOST_ROLE)
    yield from _of_abilities(item.get("capabilities"), label)
    yield from _of_system(item.get("system"), f"the system prompt of {label}")
    if not isinstance(item.get("model"), str | None):
        yield f"the model of {label} must be a name"


def _of_name(name: Any, label: str, seen: set[str]) -> Iterator[str]:
    if not isinstance(name, str) or not name.strip():
        yield f"{label} has no name"
        return
    name = name.strip()
    if len(name) > _MOST_NAME or not _NAME.fullmatch(name):
        yield (
            f"the name of {label}, {clipped(name, 60)}, must be at most {_MOST_NAME} "
            "letters, digits, blanks, '_' and '-'"
        )
    elif (same := name.casefold()) in seen:
        yield f"duplicate name: more than one agent is named '{name}'"
    elif same in RESERVED:
        yield f"'{name}' is the name of an agent that every team has"
    seen.add(name.casefold())


def _of_text(text: Any, label: str, most: int) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield f"{label} is missing"
    elif len(text) > most:
        yield f"{label} has {len(text):,} characters: at most {most:,} are allowed"
    elif _MARKUP.search(text) or _is_hidden(text):
        yield f"there is markup, or an invisible character, in {label}"


def _of_abilities(able: Any, label: str) -> Iterator[str]:
    if isinstance(able, str) or not isinstance(able, Sequence):
        yield f"the capabilities of {label} must be a list of texts"
    elif len(able) > _MOST_ABILITIES:
        yield f"{label} has {len(able)} capabilities: at most {_MOST_ABILITIES}"
    else:
        for n, each in enumerate(able, start=1):
            yield from _of_text(each, f"capability {n} of {label}", _MOST_ABLE)


def _of_system(text: Any, label: str) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield f"{label} is missing"
    elif len(text) > _MOST_SYSTEM:
        yield f"{label} has {len(text):,} characters: at most {_MOST_SYSTEM:,}"
    elif _MARKS.search(text) or fence.unlike_fence(text) != text or _is_hidden(text):
        yield (
            "there is a mark that looks like one of a page or of a conversation, or an "
            f"invisible character, in {label}"
        )


def _is_hidden(text: str) -> bool:
    """Return whether a character of `text` cannot be seen, or turns others around."""
    return any(
        unicodedata.category(each) in _HIDDEN and each not in _USUAL for each in text
    )
