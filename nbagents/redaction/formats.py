r"""How keys and passwords look.

Every rule has cues: pieces of text (lower case) without one of which it finds nothing.
Looking for these is fast, so text without secrets costs next to nothing.

All patterns take linear time on any text: what a pattern has read is not read again,
because a key begins only where the character before it cannot belong to one, and
because repetitions with something after them are possessive or have a limit.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

Span = tuple[int, int, str]
"""Where a secret begins and ends, and what it is."""


class Rule(NamedTuple):
    """One kind of secret.

    Attributes:
        what: What the mark calls it.
        cues: Pieces of lower-case text of which one is in any text that has it.
        pattern: Finds it, as the group `secret`.
        likely: Whether what was found is one: looks like, and is not, is common.
    """

    what: str
    cues: tuple[str, ...]
    pattern: re.Pattern[str]
    likely: Callable[[str], bool] = bool


_DIGIT = re.compile(r"\d")
_LONG_RUN = re.compile(r"[A-Za-z0-9]{16}")
_MIXED = re.compile(r"[a-z][A-Z]|[A-Z]{2,}[a-z]")


def random(text: str) -> bool:
    """Return whether `text` has digits or capitals where words have none."""
    return bool(_DIGIT.search(text) or _MIXED.search(text))


def _long(text: str) -> bool:
    # `sk-learn`, and the classes `sk-estimator-id-1` of its pages, have short words.
    return bool(_LONG_RUN.search(text))


def _random_or_long(text: str) -> bool:
    return random(text) or _long(text)


def _value(text: str) -> bool:
    """Return whether what stands after `token=` or `api_key:` is a value, not code."""
    letters = any(map(str.isalpha, text))
    return (letters and bool(_DIGIT.search(text))) or _long(text)


def _credentials(text: str) -> bool:
    """Return whether `text` is `user:password` in base64."""
    try:
        return b":" in base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False


def _key(prefix: str, rest: str, *, inner: str = "") -> re.Pattern[str]:
    r"""Return what finds `prefix` and `rest` where a key may begin.

    That is not inside a word (`task-`), but after a line break that is written as
    `\n`, or a blank that is written as `%20`. The look behind stands after the prefix:
    so the engine can jump from one prefix to the next.
    """
    before = (
        rf"(?<![A-Za-z0-9{inner}]{{0}})",
        r"(?<=\\[abfnrtv]{0})",
        r"(?<=\\x[0-9A-Fa-f]{{2}}{0})",
        r"(?<=\\u[0-9A-Fa-f]{{4}}{0})",
        r"(?<=%[0-9A-Fa-f]{{2}}{0})",
    )
    starts = "|".join(each.format(prefix) for each in before)
    return re.compile(f"(?P<secret>{prefix}(?:{starts}){rest})")


_NAMES = (
    r"(?:api|access|secret|private|account|auth|client|subscription|master)"
    r"[-_ ]?(?:key|token|secret)|api[-_]?token|refresh[-_]?token|id[-_]?token|session"
    r"[-_]?token|passw(?:or)?d|passphrase|secret|token"
)
_ASSIGNED = r"[\"'\\]{0,6}\s{0,9}(?:=>|:=|[:=])\s{0,9}[\"'\\]{0,6}"

RULES: tuple[Rule, ...] = (
    Rule("Anthropic key", ("sk-ant-",), _key("sk-ant-", r"[A-Za-z0-9_-]{6,}")),
    Rule(
        "OpenAI key",
        ("sk-",),
        _key("sk-", r"(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{6,}"),
    ),
    Rule("OpenAI key", ("sk-",), _key("sk-", r"[A-Za-z0-9_-]{12,}"), _long),
    Rule("GitHub token", ("gh",), _key("gh[pousr]_", r"[A-Za-z0-9]{16,}")),
    Rule("GitHub token", ("github_pat_",), _key("github_pat_", r"[A-Za-z0-9_]{12,}")),
    Rule(
        "AWS key id",
        ("akia", "asia"),
        _key("A[KS]IA", r"[A-Z0-9]{16}(?![A-Za-z0-9+/=])", inner="+/"),
    ),
    Rule(
        "AWS secret key",
        ("access",),
        re.compile(
            r"secret[-_]?access[-_]?key(?:" + _ASSIGNED + r"|\W{1,12})"
            r"(?P<secret>[A-Za-z0-9/+=]{16,})",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "Google key",
        ("aiza",),
        _key("AIza", r"[A-Za-z0-9_-]{30,80}(?![A-Za-z0-9+/=])", inner="+/"),
    ),
    Rule("Google token", ("ya29.",), _key(r"ya29\.", r"[A-Za-z0-9_.-]{12,}")),
    Rule("Slack token", ("xox",), _key("xox[a-z]-", r"[A-Za-z0-9-]{10,}")),
    Rule("Slack token", ("xapp-",), _key("xapp-", r"[A-Za-z0-9-]{10,}")),
    Rule(
        "Slack webhook",
        ("hooks.slack",),
        re.compile(
            r"hooks\.slack(?:-gov)?\.com(?:\\?/[a-z]{4,12}(?=\\?/))?+\\?/"
            r"(?P<secret>[A-Za-z0-9_/\\+-]{8,})",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "Stripe key",
        ("_live_", "_test_"),
        _key("[sr]k_(?:live|test)_", r"[A-Za-z0-9]{10,}"),
        _random_or_long,
    ),
    Rule("Stripe key", ("whsec_",), _key("whsec_", r"[A-Za-z0-9+/=]{12,}"), random),
    Rule("Hugging Face token", ("hf_",), _key("hf_", r"[A-Za-z0-9]{16,}")),
    Rule(
        "HopX key", ("hopx_",), _key("hopx_", r"[A-Za-z0-9_.-]{12,}"), _random_or_long
    ),
    Rule(
        "JSON web token",
        ("eyj",),
        _key(
            "eyJ",
            r"[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+){0,3}",
            inner="+/_-",
        ),
    ),
    Rule(
        "credentials",
        ("authorization",),
        re.compile(
            r"authorization" + _ASSIGNED + r"(?:basic|bearer|digest|token|key|apikey|"
            r"api-key|negotiate|ntlm|aws4-hmac-sha256)\s{1,9}"
            r"(?P<secret>[A-Za-z0-9._~+/=:|-]{4,})",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "credentials",
        ("authorization",),
        re.compile(
            r"authorization" + _ASSIGNED + r"(?P<secret>[A-Za-z0-9._~+/=-]{8,})",
            re.IGNORECASE,
        ),
        _value,
    ),
    Rule(
        "bearer token",
        ("bearer",),
        re.compile(
            r"bearer(?:\s|%20|\+){1,9}(?P<secret>[A-Za-z0-9._~+/=|-]{12,})",
            re.IGNORECASE,
        ),
        _random_or_long,
    ),
    Rule(
        "credentials",
        ("basic",),
        re.compile(r"basic\s{1,9}(?P<secret>[A-Za-z0-9+/]{6,}={0,2})", re.IGNORECASE),
        _credentials,
    ),
    Rule(
        "API key",
        ("api-key", "apikey", "api_key"),
        re.compile(
            r"(?:x-(?:[a-z]{1,20}-)?api-?key|(?<![\w-])api-?key)"
            + _ASSIGNED
            + r"(?P<secret>[A-Za-z0-9._~+/=:|-]{8,})",
            re.IGNORECASE,
        ),
        _random_or_long,
    ),
    Rule(
        "secret value",
        ("key", "token", "secret", "passw", "passphrase"),
        re.compile(
            r"(?:" + _NAMES + r")" + _ASSIGNED + r"(?P<secret>[A-Za-z0-9_~+/=!@$%^*.-]"
            r"{8,})",
            re.IGNORECASE,
        ),
        lambda text: _value(text) and text[0] not in "/." and "://" not in text,
    ),
    Rule(
        "password",
        ("://",),
        re.compile(
            r"://[^\s/:@\"'<>?#\[\]]{0,200}:(?P<secret>[^\s/\"'<>?#\[\]]{1,500})@"
            r"(?=[\w\[])"
        ),
    ),
    Rule(
        "secret in a URL",
        ("=",),
        re.compile(
            r"[?&;](?:amp;)?(?:[a-z]{1,20}[-_])?(?:api[-_]?key|apikey|token|password|"
            r"passwd|pwd|pass|secret|signature|sig|credential|auth|access[-_]?key)="
            r"(?P<secret>[^&\s\"'<>#\[\]\\;]++)",
            re.IGNORECASE,
        ),
    ),
)


_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BETWEEN = r"(?:\s|\\{1,8}+[nrt]|[\"',+])"
_HEADER = r"(?:Proc-Type|DEK-Info|Version|Comment): [\w,. -]{1,60}"
_BODY = re.compile(
    rf"(?:{_BETWEEN}*+(?:[A-Za-z0-9+/=]{{16,}}|{_HEADER}))*+"
    rf"(?:{_BETWEEN}*+[A-Za-z0-9+/=]{{1,15}}(?=\s*+(?:\Z|…|\.\.\.|[\"'\[])))?+"
)
_BODY_BACKWARDS = re.compile(
    r"(?:(?:\s|[nrt]\\{1,8}+|[\"',+])*+[A-Za-z0-9+/=]{2,}+)*+", re.ASCII
)
_LONGEST_KEY = 16_384  # characters: RSA of 16,384 bits as PEM has 12,900


def spans(text: str, lowered: str) -> Iterator[Span]:
    """Yield the secrets in `text`, in no particular order.

    Args:
        text: Any text.
        lowered: The same in lower case.
    """
    for what, cues, pattern, likely in RULES:
        if any(cue in lowered for cue in cues):
            for found in pattern.finditer(text):
                if likely(found["secret"]):
                    yield (*found.span("secret"), what)
    if "private key" in lowered:
        yield from _private_keys(text)


def _private_keys(text: str) -> Iterator[Span]:
    """Yield PEM blocks, also those whose end or beginning was cut off."""
    ends = _END.finditer(text)
    end = next(ends, None)
    begins = [*_BEGIN.finditer(text)]
    after = 0
    for number, begin in enumerate(begins):
        limit = begins[number + 1].start() if number + 1 < len(begins) else len(text)
        while end is not None and end.start() < begin.end():
            if end.start() >= after:
                yield _headless(text, end, after)
            end = next(ends, None)
        whole = end is not None and end.start() < min(limit, begin.end() + _LONGEST_KEY)
        body = _BODY.match(text, begin.end())
        after = end.end() if whole and end else body.end() if body else begin.end()
        yield begin.start(), after, "private key"
    while end is not None:
        if end.start() >= after:
            yield _headless(text, end, after)
        after = end.end()
        end = next(ends, None)


def _headless(text: str, end: re.Match[str], after: int) -> Span:
    first = max(after, end.start() - _LONGEST_KEY)
    body = _BODY_BACKWARDS.match(text[first : end.start()][::-1])
    return end.start() - (body.end() if body else 0), end.end(), "private key"
