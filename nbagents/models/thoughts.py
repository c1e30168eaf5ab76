"""What reasoning models say to themselves before they answer."""

import re

# Some servers cut the opening tag off, and one that is never closed means that the
# answer was not reached.
_THOUGHTS = re.compile(
    r"\A.*</think(?:ing)?>|\A\s*<think(?:ing)?>.*", re.DOTALL | re.IGNORECASE
)


def without_thoughts(text: str) -> str:
    """Return an answer without what was thought aloud before it."""
    return _THOUGHTS.sub("", text)
