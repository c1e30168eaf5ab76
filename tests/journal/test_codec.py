"""Events become text, and come back as they were."""

import json
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal_cases import JSON, NOT_JSON, event, events, exact
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.fold import replay
from nbagents.errors import JournalRecordError
from nbagents.journal import Unstored, codec, decode, decode_all, encode

MANY = settings(
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def test_every_event_that_is_kept_can_be_stored() -> None:
    known = {each for each in vars(e).values() if isinstance(each, type)}
    every = {each for each in known if issubclass(each, e.Event)}
    bases = {e.Event, e.TaskEvent, e.AttemptEvent}
    assert set(codec.KINDS) == every - bases - set(e.NOT_KEPT)


@pytest.mark.parametrize(
    "kind", [k for k in codec.KINDS if k is not e.RunRewound], ids=lambda k: k.__name__
)
def test_an_event_comes_back_as_it_was(kind: type[e.Event]) -> None:
    @MANY
    @given(event(kind))
    def comes_back(first: e.Event) -> None:
        text = encode(first)
        assert text.isascii()
        assert "\n" not in text
        assert exact(decode(text)) == exact(first)

    comes_back()


@MANY
@given(NOT_JSON, st.booleans())
def test_a_result_that_is_not_json_is_said_to_be_not_stored(
    value: Any, inside: bool
) -> None:
    result = [{"deep": value}] if inside else value
    back = decode(encode(e.TaskCompleted(1.0, "a", 1, result)))
    assert isinstance(back, e.TaskCompleted)
    assert isinstance(back.result, Unstored)
    assert back.result.kind == type(result).__name__
    assert len(back.result.preview) <= 200
    assert exact(decode(encode(back))) == exact(back)


def test_a_failure_is_stored_without_its_exception() -> None:
    failed = e.TaskFailed(1.0, "a", 1, Failure.of(ValueError("no")))
    back = decode(encode(failed))
    assert back == failed
    assert isinstance(back, e.TaskFailed)
    assert back.error.exception is None
    assert "ValueError: no" in back.error.traceback


@pytest.mark.parametrize(
    "event",
    [e.Progress(1.0, "a", 1, "half"), e.BreakpointsChanged(1.0)],
    ids=lambda each: type(each).__name__,
)
def test_what_is_only_told_is_not_stored(event: e.Event) -> None:
    with pytest.raises(JournalRecordError, match=f"{type(event).__name__}' is not s"):
        encode(event)


def test_a_field_that_is_missing_takes_its_default() -> None:
    text = '{"event":"TaskStarted","at":1.0,"task":"a","attempt":1,"agent":"x"}'
    assert decode(text) == e.TaskStarted(1.0, "a", 1, "x")


# --- going back ---


def eventful(moves: list[tuple[str, int]]) -> Any:
    """Return a run after `moves` of a person: some of them are refused."""

    def execute(task: str, context: dict[str, Any]) -> Any:
        if "bad" in task:
            raise ValueError(task)
        return [task, len(context)]

    tasks = [Task("a", "a", "x"), Task("b", "bad", "x"), Task("c", "c", "x", ["a"])]
    run = Orchestrator([Agent("x", "X", execute)]).debug(
        Plan([*tasks, Task("d", "d", "x", ["b", "c"])])
    )
    for verb, number in moves:
        try:
            _move(run, verb, "abcd"[number % 4], number)
        except (RuntimeError, KeyError):
            continue
    return run


def _move(run: Any, verb: str, id: str, number: int) -> None:
    if verb == "rewind":
        run.rewind(run.history[number % len(run.history)])
    elif verb == "edit":
        run.edit(id, result={"n": number})
    elif verb == "describe":
        run.edit(id, description=f"new {number}")
    elif verb == "replace":
        run.replace(Agent("x", "X", lambda task, context, n=number: (n, task)))
    else:
        getattr(run, verb)(*([id] if verb in {"step", "skip", "retry"} else []))


EDITS = ["edit", "describe", "replace", "rewind", "skip", "retry"]
VERBS = ["step", "resume", "cancel", "rewind", *EDITS]


@settings(MANY, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 40)), max_size=9))
def test_a_run_that_was_rewound_comes_back_event_by_event(
    moves: list[tuple[str, int]],
) -> None:
    run = eventful(moves)
    stored = [encode(event) for event in run.history]
    back = decode_all(stored)
    assert [type(event) for event in back] == [type(event) for event in run.history]
    assert [encode(event) for event in back] == stored
    assert exact(told(replay(back))) == exact(told(run.state))


def told(state: Any) -> Any:
    """Return all of a state, with what is not JSON as it is stored."""
    tasks = {
        id: replace(t, result=_as_stored(t.result)) for id, t in state.tasks.items()
    }
    former = [(id, replace(t, result=_as_stored(t.result))) for id, t in state.former]
    rest = [state.plan, state.status, state.reason, state.ran, dict(state.counts)]
    return [tasks, former, *rest]


def _as_stored(result: Any) -> Any:
    back = decode(encode(e.TaskEdited(1.0, "a", result)))
    assert isinstance(back, e.TaskEdited)
    return back.result


def test_a_result_is_stored_once_however_often_a_run_goes_back() -> None:
    run = eventful([("resume", 0), ("rewind", 30), ("rewind", 2), ("rewind", 30)])
    rewound = [encode(each) for each in run.history if type(each) is e.RunRewound]
    assert len(rewound) >= 2
    assert all(json.loads(each).keys() == {"event", "at", "to"} for each in rewound)


# --- secrets ---


def hide(text: str) -> str:
    return text.replace("sk-1234", "[hidden]")


@MANY
@given(events(), st.data())
def test_no_text_of_any_event_is_stored_with_its_secret(
    first: e.Event, data: st.DataObject
) -> None:
    names = [f.name for f in fields(first) if type(getattr(first, f.name)) is str]
    ours = {"run", "parent", "digest", "by_digest", "key"}
    secret = {name: "my sk-1234!" for name in names if name not in ours}
    text = encode(replace(first, **secret), hide)
    assert "sk-1234" not in text
    assert text.count("[hidden]") >= len(secret)


def test_a_result_with_a_secret_is_not_stored_as_a_value() -> None:
    for result in ("sk-1234", ["sk-1234"], {"sk-1234": 1}, {"a": {"b": ["x sk-1234"]}}):
        text = encode(e.TaskCompleted(1.0, "a", 1, result), hide)
        back = decode(text)
        assert "sk-1234" not in text
        assert isinstance(back, e.TaskCompleted)
        assert isinstance(back.result, Unstored)
        assert "[hidden]" in back.result.preview
        assert back.result.why == "it holds a secret"


def test_a_secret_at_the_edge_of_a_preview_is_not_shown_in_half() -> None:
    text = encode(
        e.TaskCompleted(1.0, "a", 1, ("x" * 190 + " sk-1234" + "y" * 99,)), hide
    )
    assert "sk-" not in text


def test_the_texts_of_prompts_and_errors_are_stored_without_secrets() -> None:
    message = {"role": "user", "content": [{"text": "key sk-1234", "n": 1}]}
    asked = decode(encode(e.ModelAsked(1.0, "a", 1, "m", (message,)), hide))
    assert isinstance(asked, e.ModelAsked)
    assert asked.messages == (
        {"role": "user", "content": [{"text": "key [hidden]", "n": 1}]},
    )
    failed = e.TaskFailed(1.0, "a", 1, Failure("E", "sk-1234", "line sk-1234"))
    assert "sk-1234" not in encode(failed, hide)


def test_part_of_a_prompt_that_is_not_json_is_stored_as_text() -> None:
    asked = e.ModelAsked(1.0, "a", 1, "m", ({"role": "user", "content": (1, 2)},))
    back = decode(encode(asked))
    assert isinstance(back, e.ModelAsked)
    assert back.messages == ({"role": "user", "content": "(1, 2)"},)


# --- refusals ---

EDITED = '{"event":"TaskEdited","at":1,"task":"a","result":%s}'


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"a":' * 100_000, "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("{}", "there is no event"),
        ('{"event":["RunStarted"]}', "there is no event"),
        ('{"event":"Progress","at":1}', "there is no event 'Progress'"),
        ('{"event":"Event","at":1}', "there is no event 'Event'"),
        ('{"event":"os.system","at":1}', "there is no event 'os.system'"),
        ('{"event":"RunStarted"}', "'RunStarted' lacks its field 'at'"),
        ('{"event":"RunStarted","at":"1"}', "'RunStarted.at' must be a number"),
        ('{"event":"RunStarted","at":true}', "must be a number, not a truth value"),
        ('{"event":"RunStarted","at":1,"x":1}', "'RunStarted' has no field 'x'"),
        ('{"event":"RunEnded","at":1,"status":"odd"}', "must be one of planned"),
        ('{"event":"RunEnded","at":1,"status":[]}', "must be one of planned"),
        ('{"event":"RunPlanned","at":1,"plan":[]}', "plan' must be an object"),
        ('{"event":"RunStarted","at":' + "9" * 5000 + "}", "it is not JSON"),
        (EDITED % 1, "must be an object with one field"),
        (EDITED % "{}", "must be an object with one field"),
        (EDITED % '{"x":1}', "it has no value"),
        (EDITED % '{"unstored":{"kind":"x"}}', "lacks its field 'preview'"),
        (EDITED % '{"unstored":1}', "must be an object, not a number"),
        (EDITED % ('{"value":' + "[" * 300 + "]" * 300 + "}"), "more than 200 levels"),
        ('{"event":"RunRewound","at":1,"to":1}', "needs the events before it"),
        (
            '{"event":"LimitsChanged","at":1,"limits":{"calls":-1}}',
            "calls must be a whole number",
        ),
    ],
)
def test_a_text_that_is_no_event_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(JournalRecordError) as raised:
        decode(text)
    assert says in str(raised.value)


def test_a_plan_that_cannot_run_is_refused() -> None:
    task = {"id": "a", "description": "x", "agent": "x", "dependencies": ["a"]}
    text = json.dumps({"event": "PlanEdited", "at": 1, "plan": {"tasks": [task]}})
    with pytest.raises(JournalRecordError, match="the plan of 'PlanEdited' cannot run"):
        decode(text)


CREATED = encode(e.RunCreated(1.0, "r", Plan([Task("a", "a", "x")])))


@pytest.mark.parametrize("to", ["0", "-1", "2", "9", "true", '"1"', "null"])
def test_going_back_to_nowhere_is_refused(to: str) -> None:
    texts = [CREATED, f'{{"event":"RunRewound","at":2,"to":{to}}}']
    with pytest.raises(JournalRecordError, match="record 1 is no event") as raised:
        decode_all(texts)
    assert raised.value.number == 1


def test_what_cannot_have_happened_before_going_back_is_refused() -> None:
    kept = encode(e.TaskKept(1.0, "nobody"))
    back = '{"event":"RunRewound","at":2,"to":1}'
    for texts in ([CREATED, kept, back], [kept, back], [CREATED, CREATED, back]):
        with pytest.raises(JournalRecordError, match="cannot have happened"):
            decode_all(texts)


@MANY
@given(events(), st.data())
def test_a_field_of_a_wrong_type_is_refused_or_read(
    first: e.Event, data: st.DataObject
) -> None:
    wire = json.loads(encode(first))
    name = data.draw(st.sampled_from(sorted(wire)))
    wire[name] = data.draw(JSON)
    text = json.dumps(wire)
    with suppress(JournalRecordError):
        assert isinstance(decode(text), e.Event)
