"""A model of a file: its process, who shares it, and what may be wrong with it."""

import asyncio
import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import psutil
import pytest

import nbagents
from holding import held, left_after, until
from models import fake_xllamacpp
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task
from nbagents.engine import events as e
from nbagents.errors import ModelError, ModelNotConfiguredError
from nbagents.models import resolve
from nbagents.models.local import LocalServer, hosts
from nbagents.planning.schema import ordered_schema

HI = [{"role": "user", "content": "hi"}]


class Machine(NamedTuple):
    """A folder with the stand-in for xllamacpp, and models beside it."""

    folder: Path

    def model(self, does: str = "", name: str = "small.gguf") -> str:
        path = self.folder / name
        path.write_text(f"GGUF {does}")
        return f"local:{path}"

    def noted(self, name: str) -> list[dict[str, Any]]:
        file = self.folder / name
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    shutil.copy(fake_xllamacpp.__file__, tmp_path / "xllamacpp.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    return Machine(tmp_path)


def writers(*names: str, **options: Any) -> list[Agent]:
    return [Agent.llm(name, "Writes", **options) for name in names]


def warm() -> None:
    """Have the loop, and openai, started and imported once."""
    team = Orchestrator(writers("writer"), model=ScriptedModel({"": "x"}))
    team.run(Plan([Task("a", "say it", "writer")]))


def test_a_model_of_a_file_answers_and_is_gone_with_the_run(machine: Machine) -> None:
    warm()
    before = held()
    team = Orchestrator(writers("writer"), model=machine.model())
    run = team.run(Plan([Task("a", "say it", "writer")]))
    assert run["a"].result == "from the file"
    call = run["a"].attempts[0].calls[0]
    assert (call.model, call.cost, call.simulated) == ("small.gguf (local)", 0, False)
    assert left_after(before) == {}


def test_a_goal_is_planned_with_a_schema_without_circles(machine: Machine) -> None:
    team = Orchestrator(writers("writer"), model=machine.model())
    plan = team.plan("tell me")
    assert [(task.id, list(task.dependencies)) for task in plan.tasks[:2]] == [
        ("t1", []),
        ("t2", ["t1"]),
    ]
    asked = machine.noted("asked")[0]
    sent = asked["response_format"]["json_schema"]["schema"]
    assert sent == ordered_schema(["writer"], 8)
    assert 0 < asked["max_tokens"] < 8192


def test_in_the_schema_a_task_can_name_only_those_before_it() -> None:
    schema = ordered_schema(["a", "b"], 5)
    for place in range(1, 6):
        task = schema["$defs"][f"t{place}"]["properties"]
        assert task["id"] == {"const": f"t{place}"}
        names = task["dependencies"].get("items", {"enum": []})["enum"]
        assert names == [f"t{earlier}" for earlier in range(1, place)]
    lists = schema["properties"]["tasks"]["anyOf"]
    assert [len(each["prefixItems"]) for each in lists] == [1, 2, 3, 4, 5]


def test_all_who_name_a_file_share_one_process(machine: Machine) -> None:
    model = machine.model()
    team = Orchestrator(
        [*writers("one", "two", model=model), *writers("three")], model=model
    )
    tasks = [Task(name, "say it", name) for name in ("one", "two", "three")]
    assert team.run(Plan(tasks)).success
    assert len(machine.noted("loads")) == 1
    assert team.run(Plan(tasks)).success
    assert len(machine.noted("loads")) == 2


def test_other_tasks_go_on_while_a_model_is_loaded(machine: Machine) -> None:
    async def other(task: str, context: Any) -> str:
        await asyncio.to_thread(until, lambda: machine.noted("loads"))
        (machine.folder / "go").touch()
        return "went on"

    both = [*writers("writer"), Agent("other", "Goes on", other)]
    team = Orchestrator(both, model=machine.model("waits"))
    run = team.run(Plan([Task("a", "say", "writer"), Task("b", "go on", "other")]))
    assert run.result == {"a": "from the file", "b": "went on"}


def test_a_run_that_is_cancelled_while_a_model_is_loaded_leaves_nothing(
    machine: Machine,
) -> None:
    warm()
    before = held()
    team = Orchestrator(writers("writer"), model=machine.model("waits"))
    run = team.debug(Plan([Task("a", "say it", "writer")]))
    told: list[Any] = []
    run.subscribe(told.append)
    run.resume(wait=False)
    assert until(lambda: machine.noted("loads"))
    run.cancel()
    said = [event.message for event in told if isinstance(event, e.Progress)]
    assert said == ["loads small.gguf"]
    assert left_after(before) == {}


def test_a_process_that_was_killed_is_started_again(machine: Machine) -> None:
    async def ask_twice() -> list[str]:
        model = resolve(machine.model())
        assert model is not None
        async with model.opened():
            first = await model.chat(HI)
            os.kill(machine.noted("loads")[0]["process"], signal.SIGKILL)
            (host,) = hosts._hosts.values()
            until(lambda: not host.ready())
            return [first.text, (await model.chat(HI)).text]

    assert asyncio.run(ask_twice()) == ["from the file"] * 2
    assert len(machine.noted("loads")) == 2
    assert hosts._hosts == {}


@pytest.mark.parametrize(
    "does, words",
    [
        (
            "corrupt",
            "'small.gguf' could not be loaded: load: error loading model",
        ),
        ("crashes", "'small.gguf' could not be loaded: chatter"),
        ("dies", "the process of 'small.gguf' has ended"),
        ("short", "the prompt is longer than model 'small.gguf (local)' can read"),
    ],
)
async def test_what_goes_wrong_is_said_in_words(
    machine: Machine, does: str, words: str
) -> None:
    model = resolve(machine.model(does))
    assert model is not None
    with pytest.raises(ModelError, match=re.escape(words)) as raised:
        await model.chat(HI)
    assert raised.value.__notes__
    assert hosts._hosts == {}


async def test_too_little_memory_is_named_where_it_is_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbagents.models.local.trouble.size_of", lambda path: 10**15)
    model = resolve(machine.model("corrupt"))
    assert model is not None
    with pytest.raises(ModelError, match="could not be loaded") as raised:
        await model.chat(HI)
    assert "of memory are free" in raised.value.__notes__[0]


async def test_nothing_that_it_prints_is_shown(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    model = resolve(machine.model())
    assert model is not None
    assert (await model.chat(HI)).text == "from the file"
    assert capfd.readouterr() == ("", "")


async def test_whoever_lacks_its_key_gets_no_answer(machine: Machine) -> None:
    model = resolve(machine.model())
    assert model is not None
    async with model.opened(), httpx2.AsyncClient() as stranger:
        await model.chat(HI)
        (host,) = hosts._hosts.values()
        url = f"{host.ready()}/v1/chat/completions"
        assert (await stranger.post(url, json={})).status_code == 401


@pytest.mark.parametrize(
    "name, words",
    [
        ("none.gguf", "there is no file"),
        ("", "cannot be read"),
        ("notes.txt", "is not a GGUF file"),
        ("empty.gguf", "is not a GGUF file"),
    ],
)
def test_what_is_no_model_is_said_before_anything_starts(
    machine: Machine, name: str, words: str
) -> None:
    (machine.folder / "notes.txt").write_text("GGU")
    (machine.folder / "empty.gguf").touch()
    team = Orchestrator(writers("writer"), model=f"local:{machine.folder / name}")
    with pytest.raises(ModelNotConfiguredError, match=words):
        team.run("tell me")
    assert machine.noted("loads") == []


def test_without_xllamacpp_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    model = tmp_path / "small.gguf"
    model.write_text("GGUF")
    with pytest.raises(ImportError, match="not installed here") as raised:
        Orchestrator(writers("writer"), model=f"local:{model}").run("tell me")
    assert raised.value.__notes__ == ['Try: pip install "nbagents[local]"']


def test_names_of_other_models_are_not_looked_for_in_a_file(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    team = Orchestrator(writers("writer", model="gpt-4o"), model=machine.model())
    with pytest.raises(ModelNotConfiguredError, match="no key for model 'gpt-4o'"):
        team.run(Plan([Task("a", "say it", "writer")]))


def test_an_agent_may_ask_a_file_where_the_team_asks_a_server(machine: Machine) -> None:
    agents = writers("writer", model=machine.model())
    team = Orchestrator(agents, model="gpt-4o", api_key="sk-no-such-key")
    run = team.run(Plan([Task("a", "say it", "writer")]))
    assert run["a"].result == "from the file"


def test_a_client_of_ones_own_asks_a_file_until_it_is_closed(machine: Machine) -> None:
    asking = nbagents.client(machine.model(), sync=True)
    said = asking.chat.completions.create(model="any", messages=HI)
    assert said.choices[0].message.content == "from the file"
    assert hosts._hosts
    asking.close()
    assert hosts._hosts == {}


def test_a_client_that_is_forgotten_leaves_its_process(machine: Machine) -> None:
    asking = nbagents.client(machine.model(), sync=True)
    asking.chat.completions.create(model="any", messages=HI)
    del asking
    gc.collect()
    assert hosts._hosts == {}


_ASKS = """
import asyncio, sys, time
from nbagents.models import resolve

async def ask():
    model = resolve(sys.argv[1])
    async with model.opened():
        await model.chat([{"role": "user", "content": "hi"}])
        print("asked", flush=True)
        time.sleep(600)

asyncio.run(ask())
"""


def is_at_work(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_kernel_that_is_killed_takes_the_process_along(machine: Machine) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _ASKS, machine.model()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as kernel:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == b"asked\n"
        served_by = machine.noted("loads")[0]["process"]
        assert is_at_work(served_by)
        kernel.kill()
    assert until(lambda: not is_at_work(served_by))


def test_a_task_in_a_process_of_its_own_asks_it_too(machine: Machine) -> None:
    team = Orchestrator(writers("writer"), model=machine.model())
    team.agents["writer"] = replace(team.agents["writer"], isolate="process")
    run = team.run(Plan([Task("a", "say it", "writer")]))
    assert run["a"].result == "from the file"
    loads = [each["process"] for each in machine.noted("loads")]
    assert len(loads) == 1
    assert until(lambda: not any(map(is_at_work, loads)))


def test_a_home_of_nobody_is_no_file() -> None:
    with pytest.raises(ModelNotConfiguredError, match="there is no file"):
        LocalServer.of("local:~nobody-of-that-name/small.gguf").check("any")


def test_another_file_is_another_model(machine: Machine) -> None:
    servers = [LocalServer.of(machine.model(does)) for does in ("", "corrupt")]
    before = servers[0].identity
    machine.model(name="small.gguf")
    assert servers[0].identity != before
    assert servers[0].identity == servers[1].identity
