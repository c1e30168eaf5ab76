"""Fingerprints of functions: whether an agent that was defined again is another."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from nbagents import Agent, Plan, ScriptedModel
from nbagents.digests import fingerprint
from nbagents.models import resolve


def define(source: str, name: str = "f", **known: Any) -> Callable[..., Any]:
    """Return what a cell of a notebook defines."""
    names = {"__name__": "__main__", **known}
    exec(source, names)
    return names[name]  # type: ignore[no-any-return]


def same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    return fingerprint(one).same_as(fingerprint(other))


F = "def f(task, context):\n    return task + 'a'\n"


@pytest.mark.parametrize(
    "other",
    [
        F,
        "# new\n\n" + F,
        F.replace("return", "# why\n    return"),
        F.replace("+", " + "),
    ],
    ids=["again", "elsewhere", "comment", "spaces"],
)
def test_the_same_code_is_the_same_function(other: str) -> None:
    assert same(define(F), define(other))


@pytest.mark.parametrize(
    "other",
    [
        F.replace("'a'", "'b'"),
        F.replace("+ 'a'", "* 2"),
        F.replace("task, context", "task, context, n=1"),
        "async " + F,
        F.replace("return task", "task.upper()\n    return task"),
    ],
    ids=["constant", "operation", "default", "async", "call"],
)
def test_other_code_is_another_function(other: str) -> None:
    assert not same(define(F), define(other))


USES = "def f(task, context):\n    return helper(task) + word\n"


@pytest.mark.parametrize(
    "changes, equal",
    [
        ({}, True),
        ({"word": "b"}, False),
        ({"helper": "def helper(x): return x * 2"}, False),
        ({"helper": "def helper(x): return x  # comment"}, True),
        ({"unused": 5}, True),
    ],
    ids=["nothing", "global", "helper", "its comment", "another global"],
)
def test_globals_and_helpers_that_are_used_count(
    changes: dict[str, Any], equal: bool
) -> None:
    def cell(word: str = "a", helper: str = "def helper(x): return x", **more: Any):
        return define(helper + "\n" + USES, word=word, **more)

    assert same(cell(), cell(**changes)) == equal


def closing_over(value: Any) -> Callable[..., Any]:
    def f(task: str, context: Any) -> Any:
        return value

    return f


@pytest.mark.parametrize(
    "one, other, equal",
    [
        ("a", "a", True),
        ("a", "b", False),
        ([1], [1], True),
        ([1], [2], False),
        ({"a": 1}, {"a": 1}, True),
        (object(), object(), False),
        (len, len, True),
        (len, sum, False),
    ],
)
def test_what_a_function_closes_over_counts(one: Any, other: Any, equal: bool) -> None:
    assert same(closing_over(one), closing_over(other)) == equal


def test_a_list_that_the_function_itself_changes_is_still_the_same_list() -> None:
    counts: list[int] = []
    before = fingerprint(closing_over(counts))
    counts.append(1)
    assert fingerprint(closing_over(counts)).same_as(before)
    assert not fingerprint(closing_over([2])).same_as(before)
    assert fingerprint(closing_over([])).same_as(before)


class Writer:
    def __init__(self, style: str) -> None:
        self.style = style
        self.calls = 0

    def execute(self, task: str, context: Any) -> str:
        self.calls += 1
        return self.style

    __call__ = execute


@pytest.mark.parametrize(
    "take", [lambda w: w, lambda w: w.execute], ids=["it", "method"]
)
def test_objects_are_what_their_class_and_their_values_are(take: Any) -> None:
    writer = Writer("formal")
    before = fingerprint(take(writer))
    writer.execute("", {})
    assert fingerprint(take(writer)).same_as(before)
    assert fingerprint(take(Writer("formal"))).same_as(before)
    assert not fingerprint(take(Writer("casual"))).same_as(before)


def test_arguments_given_beforehand_count() -> None:
    assert same(partial(closing_over, 1), partial(closing_over, 1))
    assert not same(partial(closing_over, 1), partial(closing_over, 2))


def test_lambdas_on_one_line_differ() -> None:
    one, other = (lambda task, context: "a"), (lambda task, context: "b")
    assert not same(one, other)
    assert same(one, lambda task, context: "a")


def llm(system: str = "s", **parameters: Any) -> Callable[..., Any]:
    return Agent.llm("w", "Writes", system=system, **parameters).execute


def test_a_language_model_agent_is_its_prompt_model_and_parameters() -> None:
    assert same(llm(), llm())
    assert not same(llm(), llm("t"))
    assert not same(llm(), llm(temperature=0))
    assert not same(llm(model="gpt-4o"), llm(model="gpt-4o-mini"))
    assert same(llm(model="gpt-4o"), llm(model="gpt-4o"))


def test_agents_of_which_little_can_be_told_have_digests_of_their_own() -> None:
    one, other = closing_over(object()), closing_over(object())
    assert fingerprint(one).digest != fingerprint(other).digest
    assert not same(one, other)
    assert same(one, one)


def test_a_scripted_model_is_its_rules() -> None:
    def model(text: str) -> ScriptedModel:
        return ScriptedModel({"a": text, "b": lambda request: text, "c": Plan()})

    assert same(llm(model=model("x")), llm(model=model("x")))
    assert not same(llm(model=model("x")), llm(model=model("y")))
    bound = [Agent.llm("w", "").bind(resolve(model(text))) for text in "xxy"]
    assert same(bound[0].execute, bound[1].execute)
    assert not same(bound[0].execute, bound[2].execute)


def test_an_agent_that_calls_itself_or_another_is_followed_once() -> None:
    source = (
        "def f(task, context):\n    return g(task) if context else f(task, 1)\n"
        "def g(task):\n    return f(task, None)\n"
    )
    assert same(define(source), define(source))
    assert not same(define(source), define(source.replace("None", "0")))


def test_anything_that_can_be_called_has_a_fingerprint() -> None:
    for value in (print, str.upper, "".join, Writer, partial(print), lambda: None):
        assert fingerprint(value).digest


class Knot:
    """An object that holds its own methods, twice."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.callbacks = [self.one, self.two]
        self.first, self.second = self.one, self.two

    def one(self, task: str, context: Any) -> Any:
        return self.second

    def two(self, task: str, context: Any) -> Any:
        return self.first


def test_an_object_that_holds_its_own_methods_is_followed_once() -> None:
    assert same(Knot("a").one, Knot("a").one)
    assert not same(Knot("a").one, Knot("b").one)


CLASS = """
class Base:
    def helper(self): return {base}
class Writer(Base):
    def __init__(self): self.style = "plain"
    def execute(self, task, context): return self.helper() + self.own()
    def own(self): return {own}
"""


@pytest.mark.parametrize("known", [{}, {"__name__": "__main__"}, {"__name__": "x"}])
@pytest.mark.parametrize(
    "change, equal", [({}, True), ({"base": 3}, False), ({"own": 3}, False)]
)
def test_the_methods_that_a_method_uses_count(
    known: dict[str, str], change: dict[str, int], equal: bool
) -> None:
    def method(base: int = 1, own: int = 2) -> Any:
        names: dict[str, Any] = dict(known)
        exec(CLASS.format(base=base, own=own), names)
        return names["Writer"]().execute

    assert same(method(), method(**change)) == equal


def test_code_that_says_no_module_is_the_users_own() -> None:
    def made(word: str) -> Any:
        names: dict[str, Any] = {}
        exec(f"def f(task, context): return {word!r}", names)
        return names["f"]

    assert same(made("a"), made("a"))
    assert not same(made("a"), made("b"))


def test_methods_of_text_are_those_of_that_text() -> None:
    assert same(closing_over(", ".join), closing_over(", ".join))
    assert not same(closing_over(", ".join), closing_over("; ".join))


def test_what_is_used_of_a_module_of_ones_own_counts(tmp_path: Any) -> None:
    def module(body: str) -> Any:
        path = tmp_path / "helpers.py"
        path.write_text(body)
        made = ModuleType("helpers")
        made.__file__ = str(path)
        exec(compile(body, str(path), "exec"), vars(made))
        return made

    use = "def f(task, context): return helpers.clean(task)"
    one = define(use, helpers=module("def clean(x): return x"))
    again = define(use, helpers=module("def clean(x): return x\ndef other(): return 1"))
    other = define(use, helpers=module("def clean(x): return x * 2"))
    assert same(one, again)
    assert not same(one, other)


STEP = """
from dataclasses import dataclass
@dataclass
class Step:
    number: int
    def do(self): return {did}
def make(steps):
    def f(task, context): return [step.do() for step in steps]
    return f
f = make([Step(1), Step(2)])
"""


def test_methods_of_objects_in_a_list_count() -> None:
    assert same(define(STEP.format(did=1)), define(STEP.format(did=1)))
    assert not same(define(STEP.format(did=1)), define(STEP.format(did=2)))


class Proxy:
    """Stands for something that is not there yet, and says so to any question."""

    def __getattribute__(self, name: str) -> Any:
        message = "outside of context"
        raise RuntimeError(message)


def test_a_function_that_cannot_be_looked_into_is_only_itself() -> None:
    one = define("def f(task, context): return proxy", proxy=Proxy())
    other = define("def f(task, context): return proxy", proxy=Proxy())
    assert same(one, one)
    assert not same(one, other)
    assert fingerprint(one).digest != fingerprint(other).digest
