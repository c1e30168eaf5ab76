"""A mark stands where a key was, and nowhere else."""

import base64
import hashlib
import json
import logging
import random
import time
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents.redaction import (
    Discreet,
    head,
    redacted,
    redacted_html,
    redacted_in,
    spared,
    tail,
)
from redaction.keys import KEYS, MORE, RANDOM, Key, seen

EVERY = pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
OPENAI = KEYS["OpenAI"].text


@EVERY
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "before {} after",
        "'{}'",
        '{{"a": "{}"}}',
        "key={}",
        "one\n{}\ntwo",
        "({})",
    ],
)
def test_a_key_is_found_wherever_it_stands(key: Key, around: str):
    shown = redacted(around.format(key.text))
    assert seen(key, shown) is None
    assert "[redacted: " in shown
    assert redacted(shown) == shown


@EVERY
def test_a_key_is_found_in_what_repr_and_json_make_of_it(key: Key):
    for written in (repr(f"one\n{key.text}\ntwo"), json.dumps({"a": f"x\t{key.text}"})):
        assert seen(key, redacted(written)) is None


@EVERY
def test_colours_and_letters_without_a_width_do_not_hide_a_key(key: Key):
    middle = key.text.index(key.secret) + len(key.secret) // 2
    for hidden in ("\x1b[1;31m", "\x1b[0m\x1b[32m", "\u200b", "\u202e", "␛[31m"):
        split = key.text[:middle] + hidden + key.text[middle:]
        shown = redacted(f"a {split} b")
        assert seen(key, shown) is None
        assert hidden in shown  # A colour that was opened is still closed.


@EVERY
def test_no_cut_leaves_half_of_a_key(key: Key):
    text = f"{'word ' * 20}{key.text}{' more' * 1000}"
    start = text.index(key.text)
    for most in range(start, start + len(key.text) + 2, 3):
        assert seen(key, head(text, most)) is None
        assert seen(key, tail(text[::1], len(text) - most)) is None
        first, last = spared(text, most)
        assert seen(key, text[:first]) is None or text[:first].find(key.secret) >= 0
        assert first <= most <= last


def test_a_mark_says_what_was_there():
    assert redacted(f"use {OPENAI}, please") == "use [redacted: OpenAI key], please"
    assert redacted("https://me:secret@example.com/x") == (
        "https://me:[redacted: password]@example.com/x"
    )
    assert redacted("Authorization: Bearer abc.def") == (
        "Authorization: Bearer [redacted: credentials]"
    )


def test_a_line_of_a_private_key_alone_is_found_by_its_end():
    text = f"{RANDOM}{MORE}\n{RANDOM}\n-----END PRIVATE KEY----- and more"
    assert redacted(text) == "[redacted: private key] and more"


def test_words_after_a_private_key_that_was_cut_off_stay():
    text = redacted(f"-----BEGIN PRIVATE KEY-----\n{RANDOM}{MORE}\nAnd then it ends.")
    assert text == "[redacted: private key]\nAnd then it ends."


HARMLESS = [
    "pip install sk-learn, then sk-estimator-id-123 and sk-toggleable__label-arrow",
    "The bearer of this letter asks for a bearer token; basic understanding of Python",
    "risk-3f2a1b4c111122223333444455556666 task-3f2a1b4c111122223333444455556666",
    "http://localhost:8888/lab?x=1 https://example.com:8443/a@b http://[::1]:80/x@y",
    "me@example.com, ssh://git@github.com/x/y.git",
    "api_key=os.environ['OPENAI_API_KEY'], api_key=..., api_key=None, token: str",
    "password: required; the secret: work harder; max_tokens=16000; secret = load()",
    "from nbagents import Agent  # eyJ is how a JSON web token begins",
    "AKIA is not an id, ghp_ and hf_ are prefixes, hf_hub_download is a function",
    "Basic JavaScript, Basic PowerPoint skills, Bearer certificates",
    "[redacted: OpenAI key]",
    hashlib.sha1(b"a commit").hexdigest(),
    hashlib.sha256(b"a digest").hexdigest(),
    str(uuid.UUID(int=2**127 + 12345)),
    "",
    "x",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_a_key_stays(text: str):
    assert redacted(text) == text


def test_the_base64_of_pictures_stays():
    data = base64.b64encode(random.Random(1).randbytes(3_000_000)).decode()
    assert redacted(f"data:image/png;base64,{data}").endswith(data)


PIECES = st.sampled_from(
    [each.text[:n] for each in KEYS.values() for n in (9, 25, 60, 400)]
    + [
        "[redacted: ",
        "]",
        "://",
        "@",
        "=",
        ":",
        "\x1b[0m",
        "\n",
        " ",
        '"',
        "token=",
        "?",
    ]
    + ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "password", "Basic "]
)
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=8).map("".join)


@settings(deadline=None, max_examples=400)
@given(MIXED)
def test_what_is_redacted_has_nothing_more_to_redact(text: str):
    once = redacted(text)
    assert redacted(once) == once


BEGIN = "-----BEGIN PRIVATE KEY-----"
HOSTILE = {
    "words": "hello world, this is text. ",
    "starts": "sk-",
    "web tokens": "eyJ",
    "more web tokens": "-eyJ",
    "begins": "-----BEGIN PRIVATE KEY-----",
    "ends": "-----END PRIVATE KEY-----",
    "a body": "A ",
    "addresses": "://a:",
    "escapes": "\x1b[",
    "colours": "\x1b[0m",
    "one letter": "a",
    "names": "api_key=",
    "headers": "authorization: basic ",
    "blanks": " ",
    "quotes": 'token"\\',
    "queries": "?token=",
    "ids": "AKIA",
    "no width": "\u200b",
    "backslashes": "\\",
    "tags": "<b ",
    "dots": "eyJaaaaaaaaaa.aaaaa.",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_anything_takes_a_moment(piece: str):
    for size, start in ((1_000_000, ""), (50_000, "api_key="), (50_000, BEGIN)):
        text = start + piece * (size // len(piece))
        began = time.process_time()
        redacted(text)
        assert time.process_time() - began < 3.0  # it takes 0.1 s, on an idle machine
    began = time.process_time()
    redacted_html(text)
    assert time.process_time() - began < 3.0


def test_where_there_is_nothing_it_costs_next_to_nothing():
    text = "Analyze the sales of the last quarter and name three trends. " * 16_000
    began = time.process_time()
    for _ in range(10):
        redacted(text)
    assert time.process_time() - began < 1.0


# --- the environment ---


@pytest.mark.parametrize(
    "name", ["ACME_KEY", "MY_TOKEN", "secret_of_mine", "DB_PASSWORD", "APP_CREDENTIALS"]
)
def test_values_of_secret_variables_are_found_in_every_form(name, monkeypatch):
    value = 'we"ird & v4lue/xyz'
    monkeypatch.setenv(name, value)
    for form in (value, json.dumps(value), repr(value), quote(value), quote(value, "")):
        assert redacted(f"a {form} b").strip("ab \"'") == f"[redacted: value of {name}]"
    monkeypatch.delenv(name)
    assert redacted(value) == value


@pytest.mark.parametrize(
    "name, value",
    [
        ("KEY_FILE", "/home/me/key.pem"),
        ("SOME_KEY", "/home/me/key.pem"),
        ("TOKEN_LIMIT", "16000000"),
        ("KEYBOARD", "qwerty-layout"),
        ("TOKEN_URL", "https://example.com/t0ken"),
        ("MY_KEY", "abc1234"),
        ("LANGUAGE", "en_US.UTF-8:en8"),
    ],
)
def test_what_is_no_secret_in_the_environment_stays(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    assert redacted(f"say {value}!") == f"say {value}!"


def test_a_key_that_was_handed_over_is_known_whatever_it_looks_like():
    from nbagents import Orchestrator

    Orchestrator([], "gpt-x", api_key="our/own#k3y", base_url="http://localhost:1/v1")
    assert redacted("it said our/own#k3y!") == "it said [redacted: key]!"
    Orchestrator([], "gpt-x", api_key="nothing", base_url="http://localhost:1/v1")
    assert redacted("it said nothing") == "it said nothing"


# --- structures, HTML, records, logs ---


def test_a_structure_is_redacted_to_its_depths_and_else_the_same():
    given = {"a": [OPENAI, ("x", {"b": OPENAI})], OPENAI: 1, "same": ["x", 1]}
    shown = redacted_in(given)
    mark = "[redacted: OpenAI key]"
    assert shown == {"a": [mark, ("x", {"b": mark})], mark: 1, "same": ["x", 1]}
    assert shown["same"] is given["same"]
    assert given["a"][0] == OPENAI
    assert redacted_in({"api_key": "hunter2hunter2"}) == {
        "api_key": "[redacted: secret value]"
    }


def test_a_structure_without_secrets_is_returned_as_it_is():
    given = {"a": [1, "b", None], "c": object()}
    assert redacted_in(given) is given
    loop: list[object] = []
    loop.append(loop)
    assert redacted_in(loop) is not None


def test_tags_do_not_hide_a_key():
    key = KEYS["OpenAI"]
    split = f"<b>{key.text[:20]}</b><span class='x'>{key.text[20:]}</span>"
    shown = redacted_html(split)
    assert seen(key, shown) is None
    assert shown.count("<span") == shown.count("</span>") == 1


def test_a_record_shows_no_key():
    from nbagents import Agent, Task
    from nbagents.engine import events as e

    assert isinstance(e.TaskCompleted(0.0, "a", 1, "x"), Discreet)
    for record in (
        e.TaskCompleted(0.0, "a", 1, {"key": OPENAI}),
        e.TaskSkipped(0.0, OPENAI, None, f"because of {OPENAI}"),
        Task("a", f"use {OPENAI}", "b"),
        Agent("a", f"has {OPENAI}", print),
        Agent.llm("a", "b", system=OPENAI, api_key=OPENAI).execute,
    ):
        assert OPENAI[3:] not in repr(record)
        assert "[redacted: OpenAI key]" in repr(record)


def test_a_record_without_keys_reads_as_any_dataclass():
    from nbagents.engine import events as e

    event = e.TaskCompleted(1.5, "a", 1, "x")
    assert repr(event) == (
        "TaskCompleted(at=1.5, task='a', attempt=1, result='x', digest=None)"
    )


def test_no_record_of_the_log_holds_a_key(caplog: pytest.LogCaptureFixture):
    log = logging.getLogger("nbagents")
    try:
        raise ValueError(OPENAI)
    except ValueError:
        log.exception("failed with %s", OPENAI)
    assert OPENAI[3:] not in caplog.text
    assert "failed with [redacted: OpenAI key]" in caplog.text
    assert "ValueError: [redacted: OpenAI key]" in caplog.text
    assert OPENAI[3:] not in str(vars(caplog.records[0]))
