"""What spans do not tell, whom they do not hold up, and when there are none."""

import json
import logging
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

import hostile
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task
from nbagents.telemetry.attributes import CAPTURE
from redaction.keys import KEYS, seen
from teams import agent_of, plan_of
from telemetry.traced import about

SECRET = "the colour of the sea at night"


def asking(said):
    model = ScriptedModel(lambda request: said)
    return Orchestrator([Agent.llm("w", f"Writes {SECRET}")], model)


def test_nothing_is_told_with_monitoring_off(traces, caplog):
    caplog.set_level(logging.DEBUG, "nbagents")
    run = Orchestrator([agent_of(lambda *_: 1)], monitoring=False).run(plan_of(a=[]))
    assert run.success
    assert traces.spans == []
    assert caplog.records == []
    assert run.history
    assert run.metrics["tasks_completed"] == 1


def test_a_fork_of_a_run_without_monitoring_has_none(traces):
    team = Orchestrator([agent_of(lambda *_: 1)], monitoring=False)
    team.debug(plan_of(a=[])).fork().resume()
    assert traces.spans == []


def test_no_prompt_and_no_result_is_in_a_span(traces):
    plan = Plan([Task("a", f"Say {SECRET}", "w")], goal=f"Know {SECRET}")
    run = asking(f"It is {SECRET}").run(plan)
    assert SECRET in run["a"].result
    assert SECRET not in traces.texts()


@pytest.mark.parametrize("said", ["true", "SPAN_ONLY", "span_and_event"])
def test_who_asks_for_contents_has_them_without_keys(traces, monkeypatch, said):
    monkeypatch.setenv(CAPTURE, said)
    key = KEYS["OpenAI project"]
    asking(f"It is {SECRET}, {key.text}").run(
        Plan([Task("a", f"Say it: {key.text}", "w")])
    )
    asked = json.loads(about(traces.one("chat"))["gen_ai.input.messages"])
    assert {"role", "parts"} <= set(asked[0])
    [answer] = json.loads(about(traces.one("invoke_agent"))["gen_ai.output.messages"])
    assert SECRET in answer["parts"][0]["content"]
    assert "Say it" in json.dumps(asked)
    assert not seen(key, traces.texts())


@pytest.mark.parametrize("name", KEYS)
def test_no_key_is_in_a_span(traces, name):
    key = KEYS[name]

    def breaks(task, context):
        raise ValueError(f"denied: {key.text}")

    task = Task("a", "a", "x")
    after = Task("b", "b", "x", ["a"])
    team = Orchestrator([agent_of(breaks)], name=f"team {key.text}")
    team.run(Plan([task, after]))
    assert not seen(key, traces.texts())


def test_hostile_texts_are_one_line_that_can_be_sent(traces):
    texts = iter(hostile.TEXTS)

    def breaks(task, context):
        raise ValueError(next(texts))

    names = [f"t{n}" for n in range(len(hostile.TEXTS))]
    Orchestrator([agent_of(breaks)], max_parallel=1).run(
        Plan(Task(name, "x", "x") for name in names)
    )
    spans = traces.named("invoke_agent")
    assert len(spans) == len(names)
    for span in spans:
        assert span.status.description.isprintable()
        span.to_json().encode()


class Broken(SpanProcessor):
    """Fails from its call of one name on, after so many good ones."""

    def __init__(self, name, error, good):
        self.good = good
        setattr(self, name, self.fail)
        self.error = error

    def fail(self, *_, **__):
        self.good -= 1
        if self.good < 0:
            raise self.error


@pytest.mark.parametrize("good", range(5))
@pytest.mark.parametrize("error", [RuntimeError("full"), SystemExit(1)])
@pytest.mark.parametrize("name", ["on_start", "on_end"])
def test_a_broken_processor_costs_the_run_nothing(traces, name, error, good, caplog):
    broken = Broken(name, error, good)
    # Before those who count, where it begins none; after them, where it ends none.
    known = traces.provider._active_span_processor
    others = known._span_processors
    first = name == "on_start"
    known._span_processors = (broken, *others) if first else (*others, broken)
    run = Orchestrator([agent_of(lambda *_: 1)]).run(plan_of(a=[], b=["a"]))
    assert run.success
    said = [r for r in caplog.records if "is followed no more" in r.message]
    assert len(said) == 1
    assert traces.open == {}


class NoDisk(SpanExporter):
    def export(self, spans):
        raise OSError("no space left")


def test_a_broken_exporter_costs_the_run_nothing(traces, caplog):
    traces.provider.add_span_processor(SimpleSpanProcessor(NoDisk()))
    run = Orchestrator([agent_of(lambda *_: 1)]).run(plan_of(a=[], b=["a"]))
    assert run.success
    assert len(traces.spans) == 5


def test_a_provider_that_cannot_be_used_costs_the_run_nothing(traces, monkeypatch):
    def no_tracer(*_, **__):
        raise RuntimeError("no tracer")

    monkeypatch.setattr(traces.provider, "get_tracer", no_tracer)
    assert Orchestrator([agent_of(lambda *_: 1)]).run(plan_of(a=[])).success
    assert traces.spans == []


ALONE = """
import sys
from nbagents import Orchestrator, Plan, Task
def x(task, context): return 1
team = Orchestrator([x], journal=None)
assert team.run(Plan([Task("a", "a", "x")])).success
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
import opentelemetry.trace
assert team.run(Plan([Task("a", "a", "x")])).success
assert "nbagents.telemetry.tracing" not in sys.modules
"""


def test_a_run_imports_nothing_of_it_where_nobody_has_set_it_up():
    subprocess.run([sys.executable, "-c", ALONE], check=True, timeout=60)
