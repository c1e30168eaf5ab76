"""Pipeline: the output of each stage is the input of the next."""

from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    Limits,
    Pipeline,
    Retry,
    ScriptedModel,
    UnknownAgentError,
)
from nbagents.graph import Plan


def draft(task: str, context: dict[str, Any]) -> str:
    """Drafts."""
    return f"draft of {task}"


def edit(task: str, context: dict[str, Any]) -> str:
    """Edits."""
    return f"edited {task}"


async def check(task: str, context: dict[str, Any]) -> str:
    """Checks."""
    return f"checked {task}"


def test_each_stage_is_called_with_what_the_one_before_made() -> None:
    run = Pipeline([draft, edit, check]).run("a letter")
    assert run.result == "checked edited draft of a letter"
    assert [task.result for task in run.tasks] == [
        "draft of a letter",
        "edited draft of a letter",
        "checked edited draft of a letter",
    ]


def test_what_the_stage_before_made_is_in_the_context_too() -> None:
    def show(task: str, context: dict[str, Any]) -> dict[str, Any]:
        return dict(context)

    assert Pipeline([draft, show]).run("x").result == {"draft": "draft of x"}


def test_what_is_not_text_is_in_the_context_alone() -> None:
    def count(task: str, context: dict[str, Any]) -> list[int]:
        return [1, 2]

    def add(task: str, context: dict[str, Any]) -> int:
        assert "count" in task
        return sum(context["count"])

    assert Pipeline([count, add]).run("x").result == 3


def test_the_plan_is_a_chain_to_look_at_before_it_runs() -> None:
    plan = Pipeline([draft, edit, check]).plan("a letter")
    assert isinstance(plan, Plan)
    assert dict(plan.dependencies) == {
        "draft": ("draft",)[:0],
        "edit": ("draft",),
        "check": ("edit",),
    }
    assert plan["draft"].description == "a letter"


def test_an_agent_that_comes_twice_is_two_stages() -> None:
    pipeline = Pipeline([edit, draft, edit, Agent("edit_2", "Is called so", edit)])
    assert pipeline.stages == ("edit", "draft", "edit_3", "edit_2")
    run = pipeline.run("x")
    assert run.result == "edited edited draft of edited x"


def test_keys_of_a_dict_are_the_ids_of_the_stages() -> None:
    pipeline = Pipeline({"first": draft, "second": draft})
    assert pipeline.run("x").result == "draft of draft of x"
    assert pipeline.stages == ("first", "second")
    assert repr(pipeline) == "Pipeline([first, second])"


def test_a_corrected_stage_has_those_after_it_work_with_that() -> None:
    run = Pipeline([draft, edit, check]).run("a letter")
    run.edit("edit", result="corrected")
    run.resume()
    assert run.result == "checked corrected"
    assert len(run["draft"].attempts) == 1


def test_a_stage_that_a_person_put_in_other_words_is_asked_these() -> None:
    run = Pipeline([draft, edit, check]).run("a letter")
    run.edit("edit", description="this instead")
    run.resume()
    assert run.result == "checked edited this instead"


def test_it_is_stepped_as_any_other() -> None:
    run = Pipeline([draft, edit]).debug("x")
    assert run["draft"].status == "pending"
    run.step()
    assert (run["draft"].result, run["edit"].status) == ("draft of x", "pending")
    run.step("edit", inline=True)
    assert run.result == "edited draft of x"


async def test_it_is_started_and_awaited() -> None:
    pipeline = Pipeline([draft, check])
    run = pipeline.start("x")
    await run
    assert run.result == "checked draft of x"
    assert pipeline.last_run is run


def test_a_function_that_was_defined_again_takes_its_stage() -> None:
    pipeline = Pipeline([draft, edit, check])
    run = pipeline.run("x")

    def again(task: str, context: dict[str, Any]) -> str:
        return f"rewritten {task}"

    run.replace(pipeline.as_stage(Agent("edit", "Edits", again)))
    run.resume()
    assert run.result == "checked rewritten draft of x"
    assert len(run["draft"].attempts) == 1


def test_the_same_function_again_is_the_same_stage() -> None:
    pipeline = Pipeline([draft, edit])
    run = pipeline.run("x")
    run.replace(pipeline.as_stage(edit))
    run.resume()
    assert len(run["edit"].attempts) == 1
    with pytest.raises(UnknownAgentError, match="check"):
        pipeline.as_stage(check)


def test_a_language_model_gets_what_came_before_as_data() -> None:
    asked = []

    def answer(request: Any) -> str:
        asked.append(request)
        return f"answer {len(asked)}"

    writer = Agent.llm("writer", "Writes", system="You write.")
    critic = Agent.llm("critic", "Finds fault", system="You find fault.")
    pipeline = Pipeline([writer, critic, draft], model=ScriptedModel(answer))
    run = pipeline.run("a letter")
    assert run.result == "draft of answer 2"
    assert asked[0].prompt == "Your task:\na letter"
    assert asked[1].system.startswith("You find fault.")
    assert asked[1].results == {"writer": "answer 1"}
    assert "answer 1" not in asked[1].prompt.partition("Results of")[0]


def test_what_is_said_of_an_agent_is_kept() -> None:
    calls = []

    def flaky(task: str, context: dict[str, Any]) -> str:
        calls.append(task)
        if len(calls) < 2:
            raise ConnectionError
        return task

    retry = Retry(attempts=2, first=0)
    own = Agent("flaky", "Fails once", flaky, retry=retry)
    run = Pipeline([draft, own]).run("x")
    assert calls == ["draft of x", "draft of x"]
    assert run.status == "completed"


def test_a_stage_may_have_a_process_of_its_own() -> None:
    apart = Agent("apart", "Works apart", edit, isolate="process")
    assert Pipeline([draft, apart]).run("x").result == "edited draft of x"


def test_what_a_team_takes_it_takes_too() -> None:
    run = Pipeline([draft, edit], limits=Limits(tasks=1)).run("x")
    assert (run.status, run["edit"].status) == ("paused", "pending")


def test_a_run_of_before_goes_on() -> None:
    pipeline = Pipeline([draft, edit])
    run = pipeline.run("x")
    again = pipeline.team.load_run(run.id)
    assert again.result == "edited draft of x"


@pytest.mark.parametrize("agents", [[], {}, "text", draft, [3]])
def test_what_is_no_list_of_agents_is_an_error(agents: Any) -> None:
    with pytest.raises(AgentError):
        Pipeline(agents)


@pytest.mark.parametrize("text, error", [("", ValueError), (3, TypeError)])
def test_it_begins_with_a_text(text: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Pipeline([draft]).run(text)
