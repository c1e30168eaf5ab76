"""A goal becomes a plan that can run, or an error that says why not, in time."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fake_server import FakeServer, Say, completion, failure, serving
from nbagents.agents import Agent
from nbagents.errors import ModelAnswerError, ModelError, PlanError
from nbagents.graph import Plan
from nbagents.models import ChatModel, ScriptedModel, resolve
from nbagents.planning import make_plan

GOAL = "Find out what happened"
AGENTS = {
    "analyst": Agent("analyst", "Analyzes\n  data", lambda task, context: ""),
    "writer": Agent("writer", "Writes reports", lambda task, context: ""),
}
GOOD = {
    "tasks": [
        {
            "id": "look",
            "description": "Look at it",
            "agent": "analyst",
            "dependencies": [],
        },
        {
            "id": "tell",
            "description": "Tell it",
            "agent": "writer",
            "dependencies": ["look"],
        },
    ]
}


def task(id: Any = "a", agent: Any = "writer", *needs: Any) -> dict[str, Any]:
    return {"id": id, "description": "x", "agent": agent, "dependencies": list(needs)}


def tasks(*each: Any) -> str:
    return json.dumps({"tasks": each})


async def plan_by(model: ChatModel | None, **options: Any) -> Plan:
    assert model is not None
    async with asyncio.timeout(10):
        return await make_plan(model, GOAL, AGENTS, **options)


async def plan_at(server: FakeServer, **options: Any) -> Plan:
    return await plan_by(resolve("gpt-x", base_url=server.url), **options)


def says(*texts: str) -> list[Say]:
    return [Say(body=completion(text)) for text in texts]


async def test_a_goal_becomes_a_plan_that_knows_goal_and_planner():
    with serving(*says(json.dumps(GOOD))) as server:
        plan = await plan_at(server)
    assert plan.to_dict() == {"goal": GOAL, **GOOD}
    assert plan.made_by == "gpt-x"


async def test_the_request_carries_a_schema_with_the_agents_as_an_enum():
    with serving(*says(json.dumps(GOOD))) as server:
        await plan_at(server, most=5)
    form = server.requests[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    listed = form["json_schema"]["schema"]["properties"]["tasks"]
    assert (listed["minItems"], listed["maxItems"]) == (1, 5)
    assert listed["items"]["properties"]["agent"]["enum"] == ["analyst", "writer"]


async def test_the_schema_is_one_that_strict_mode_takes():
    def objects(schema: Any) -> list[Any]:
        if not isinstance(schema, dict):
            return []
        nested = [found for child in schema.values() for found in objects(child)]
        return [schema, *nested] if "properties" in schema else nested

    with serving(*says(json.dumps(GOOD))) as server:
        await plan_at(server)
    found = objects(server.requests[0]["response_format"]["json_schema"]["schema"])
    assert len(found) == 2
    for schema in found:
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


async def test_the_prompt_names_goal_agents_limit_and_json():
    with serving(*says(json.dumps(GOOD))) as server:
        await plan_at(server, most=5)
    system, user = (message["content"] for message in server.requests[0]["messages"])
    assert "2 to 5" in system
    assert "JSON" in system
    assert GOAL in user
    assert "- analyst: Analyzes data\n- writer: Writes reports" in user


async def test_a_single_task_is_a_plan():
    with serving(*says(tasks(task()))) as server:
        assert len(await plan_at(server)) == 1


async def test_what_the_model_adds_to_the_plan_is_ignored():
    text = json.dumps({**GOOD, "goal": "something else", "made_by": "me"})
    with serving(*says(text)) as server:
        plan = await plan_at(server)
    assert (plan.goal, plan.made_by) == (GOAL, "gpt-x")


@pytest.mark.parametrize("knows", ["json_object", "text"])
async def test_servers_that_have_less_are_asked_for_less(knows: str):
    def answer(request: dict[str, Any]) -> Say:
        way = request.get("response_format", {"type": "text"})["type"]
        if way == "json_schema" or way != knows:
            return failure(400, f"{way} is not supported")
        return Say(body=completion(f"Sure!\n```json\n{json.dumps(GOOD)}\n```"))

    with serving(answer) as server:
        plan = await plan_at(server)
    assert plan.order() == ["look", "tell"]
    assert len(server.requests) == {"json_object": 2, "text": 3}[knows]


# --- repairs ---


@dataclass(frozen=True)
class Bad:
    name: str
    text: str
    kind: str
    named: str


BAD = [
    Bad("prose", "Let me think.", "not_json", "no JSON object"),
    Bad("broken JSON", '{"tasks": [', "not_json", "not JSON"),
    Bad("other keys", '{"steps": []}', "missing", "'tasks' (keys: 'steps')"),
    Bad("no tasks", tasks(), "no_tasks", "no tasks"),
    Bad("a wrong type", '{"tasks": "all"}', "wrong_type", "must be a list"),
    Bad("unknown agent", tasks(task("a", "ghost")), "unknown_agent", "'ghost'"),
    Bad("no agent", tasks({"id": "a", "description": "x"}), "missing", "'agent'"),
    Bad(
        "cycle",
        tasks(task("a", "writer", "b"), task("b", "writer", "a")),
        "cycle",
        "'a' -> 'b' -> 'a'",
    ),
    Bad("itself", tasks(task("a", "writer", "a")), "self_dependency", "itself"),
    Bad("same id", tasks(task("a"), task("a")), "duplicate_id", "'a'"),
    Bad("empty id", tasks(task("")), "empty_id", "empty id"),
    Bad("number as id", tasks(task(1)), "wrong_type", "must be text"),
    Bad("dangling", tasks(task("a", "writer", "b")), "unknown_dependency", "'b'"),
    Bad("too many", tasks(*map(task, "abcdefghi")), "too_many_tasks", "at most 8"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_a_defect_is_named_in_a_request_for_repair(bad: Bad):
    with serving(*says(bad.text, json.dumps(GOOD))) as server:
        plan = await plan_at(server)
    assert plan.order() == ["look", "tell"]
    first, second = (request["messages"] for request in server.requests)
    assert second[: len(first)] == first
    assert second[-2] == {"role": "assistant", "content": bad.text}
    assert second[-1]["role"] == "user"
    assert bad.named in second[-1]["content"]
    assert (
        server.requests[1]["response_format"] == server.requests[0]["response_format"]
    )


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_after_two_repairs_the_defects_are_an_error(bad: Bad):
    with serving(*says(bad.text)) as server, pytest.raises(PlanError) as caught:
        await plan_at(server)
    assert len(server.requests) == 3
    assert bad.kind in {defect.kind for defect in caught.value.defects}
    assert bad.named in str(caught.value)
    assert "Plan([Task(" in caught.value.__notes__[0]


async def test_all_defects_of_a_plan_are_named_at_once():
    several = tasks(task("a", "ghost"), task("b", "writer", "x"), task("b"))
    with serving(*says(several, json.dumps(GOOD))) as server:
        await plan_at(server)
    asked = server.requests[1]["messages"][-1]["content"]
    for named in ("'ghost'", "'x'", "more than one task is named 'b'"):
        assert named in asked


async def test_each_repair_sees_the_whole_conversation():
    with serving(*says("one", "two", json.dumps(GOOD))) as server:
        await plan_at(server)
    said = [message["content"] for message in server.requests[2]["messages"]]
    assert [text for text in said if text in {"one", "two"}] == ["one", "two"]


async def test_the_error_has_the_defects_of_the_last_answer_only():
    with (
        serving(*says("prose", tasks(task("a", "ghost")))) as server,
        pytest.raises(PlanError) as caught,
    ):
        await plan_at(server, repairs=1)
    assert [defect.kind for defect in caught.value.defects] == ["unknown_agent"]


async def test_an_answer_cut_off_at_its_limit_is_repaired():
    half = Say(body=completion('{"tasks": [{"id', finish_reason="length"))
    with serving(half, *says(json.dumps(GOOD))) as server:
        await plan_at(server)
    assert server.requests[1]["messages"][-2]["content"] == '{"tasks": [{"id'
    assert "not JSON" in server.requests[1]["messages"][-1]["content"]


async def test_a_plan_that_was_whole_before_the_limit_is_taken():
    text = json.dumps(GOOD) + "\n" * 500
    whole = Say(body=completion(text, finish_reason="length"))
    with serving(whole) as server:
        await plan_at(server)
    assert len(server.requests) == 1


async def test_an_empty_answer_is_repaired():
    with serving(Say(body=completion("")), *says(json.dumps(GOOD))) as server:
        await plan_at(server)
    assert server.requests[1]["messages"][-2]["content"] == "(no answer)"


async def test_a_runaway_answer_is_quoted_in_part():
    with serving(*says("x" * 100_000, json.dumps(GOOD))) as server:
        await plan_at(server)
    quoted = server.requests[1]["messages"][-2]["content"]
    assert len(quoted) <= 20_000
    assert "characters left out" in quoted


async def test_a_refusal_is_no_defect():
    refusal = Say(body=completion(message={"refusal": "I won't plan that"}))
    with (
        serving(refusal) as server,
        pytest.raises(ModelAnswerError, match="I won't plan that"),
    ):
        await plan_at(server)
    assert len(server.requests) == 1


async def test_a_server_that_fails_is_no_defect():
    with (
        serving(*says("prose"), failure(401, "no")) as server,
        pytest.raises(ModelError, match="did not accept the key"),
    ):
        await plan_at(server)


@pytest.mark.parametrize("goal", ["", "  \n"])
async def test_no_goal_is_no_request(goal: str):
    with serving(*says("prose")) as server:
        model = resolve("gpt-x", base_url=server.url)
        assert model is not None
        with pytest.raises(PlanError, match="no goal"):
            await make_plan(model, goal, AGENTS)
    assert server.requests == []


# --- with a scripted model ---


async def test_a_scripted_model_plans_with_a_plan():
    plan = await plan_by(
        resolve(ScriptedModel({"Plan this goal": Plan.from_dict(GOOD)}))
    )
    assert plan.made_by == "scripted (simulated)"
    assert plan.order() == ["look", "tell"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELD = st.sampled_from(["id", "description", "agent", "agent_type", "dependencies"])
ANYTHING = st.one_of(
    JSON,
    st.fixed_dictionaries({"tasks": st.lists(st.dictionaries(FIELD, JSON))}),
    st.fixed_dictionaries({"plan": JSON}),
)


def outcome(text: str) -> Plan | PlanError | ModelAnswerError:
    model = resolve(ScriptedModel(lambda request: text))
    try:
        return asyncio.run(plan_by(model, repairs=1))
    except (PlanError, ModelAnswerError) as error:
        return error


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(), ANYTHING.map(json.dumps)))
def test_whatever_a_model_says_there_is_a_plan_or_a_plan_error(text: str):
    found = outcome(text)
    if isinstance(found, Plan):
        assert 1 <= len(found) <= 8
    else:
        assert isinstance(found, PlanError)
        assert found.defects
