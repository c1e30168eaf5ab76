"""Keys and passwords of many kinds, none of them real, for the tests of redaction."""

from typing import NamedTuple

RANDOM = "Zx9Kq2Lm8Rt4Wv6Yb1Nc3Pd5Hs7Gf0Jk"
MORE = "aQ7wE3rT5yU1iO9pA2sD4fG6hJ8kL0zX"
BODY = "\n".join(f"MIIE{n}{RANDOM}{MORE[n:]}" for n in range(4))


class Key(NamedTuple):
    """A text with a secret in it.

    Attributes:
        text: What is written somewhere.
        secret: The part of it that must not be seen, not even in pieces.
    """

    text: str
    secret: str


def key(prefix: str, secret: str = RANDOM + MORE, after: str = "") -> Key:
    return Key(f"{prefix}{secret}{after}", secret)


KEYS = {
    "OpenAI": key("sk-"),
    "OpenAI project": key("sk-proj-", f"{RANDOM}_{MORE}-{RANDOM}"),
    "OpenAI service account": key("sk-svcacct-"),
    "Anthropic": key("sk-ant-api03-", f"{RANDOM}-{MORE}_AA"),
    "GitHub": key("ghp_", (RANDOM + MORE)[:36]),
    "GitHub app": key("ghs_", (RANDOM + MORE)[:36]),
    "GitHub fine-grained": key("github_pat_", f"{RANDOM}_{MORE}"),
    "AWS id": Key("AKIAZQ3DRM7XK2PLW9TB", "ZQ3DRM7XK2PLW9TB"),
    "AWS secret": key("aws_secret_access_key = ", f"wJalr/K7MDENG/{RANDOM[:26]}"),
    "Google": key("AIza", (RANDOM + MORE)[:35]),
    "Google OAuth": key("ya29."),
    "Slack": key("xoxb-", f"123456789012-{RANDOM}"),
    "Slack app": key("xapp-", f"1-A0B1C2D3-{RANDOM}"),
    "Slack webhook": key("https://hooks.slack.com/services/T0A1B2C3/", RANDOM),
    "Stripe": key("sk_live_", RANDOM),
    "Stripe restricted": key("rk_live_", RANDOM),
    "Stripe test": key("sk_test_", RANDOM),
    "Stripe webhook": key("whsec_", RANDOM),
    "JWT": key("eyJhbGciOiJIUzI1NiJ9.", f"eyJzdWIiOiIxMjM0In0.{RANDOM}"),
    "PEM": Key(
        f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
        BODY,
    ),
    "PEM in JSON": Key(
        "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----".format(
            BODY.replace("\n", "\\n")
        ),
        BODY.replace("\n", "\\n"),
    ),
    "PEM cut off": Key(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}", BODY),
    "bearer": key("Bearer "),
    "authorization": key("Authorization: Bearer ", "short.but7secret"),
    "basic": Key("Basic dXNlcjpodW50ZXIyaHVudGVyMg==", "dXNlcjpodW50ZXIyaHVudGVyMg=="),
    "header": key("x-api-key: "),
    "URL": key("postgres://me:", "hun7er2-Tr0ub4dor", "@db.example.com:5432/sales"),
    "query": key("https://example.com/v1?a=1&api_key=", "q1w2e3r4t5y6"),
    "Hugging Face": key("hf_", RANDOM),
    "HopX": key("hopx_live_", f"ab12cd34.{RANDOM}"),
}  # fmt: skip

WIDTH = 10


def seen(key: Key, text: str) -> str | None:
    """Return a piece of the secret that can be read in `text`, `None` without one."""
    pieces = (key.secret[n : n + WIDTH] for n in range(len(key.secret) - WIDTH + 1))
    return next((each for each in pieces if each in text), None)
