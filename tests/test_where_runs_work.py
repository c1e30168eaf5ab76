"""A run works wherever a person may call it, and leaves nothing behind."""

import asyncio
import contextvars
import threading
from typing import Any

import pytest

from nbagents import Orchestrator, Plan, Task
from own_process import script
from teams import agent_of, layered, plan_of

PATIENCE = 20


async def echo(task: str, context: dict[str, Any]) -> str:
    return task


def sync_echo(task: str, context: dict[str, Any]) -> str:
    return task


def team_of(execute: Any = echo) -> Orchestrator:
    return Orchestrator([agent_of(execute)])


def test_twice_in_a_row() -> None:
    team = team_of()
    assert team.run(plan_of(a=[])).success
    assert team.run(plan_of(a=[])).success


def test_in_a_thread() -> None:
    results: list[Any] = []
    thread = threading.Thread(
        target=lambda: results.append(team_of().run(plan_of(a=[])).result)
    )
    thread.start()
    thread.join(PATIENCE)
    assert results == ["do a"]


async def test_blocking_inside_a_running_loop() -> None:
    assert team_of().run(plan_of(a=[])).result == "do a"


async def test_awaiting_inside_a_running_loop_gives_the_run_back() -> None:
    run = team_of().start(plan_of(a=[]))
    assert await run is run
    assert run.result == "do a"
    assert (await run).success


async def test_many_runs_at_once_on_one_loop() -> None:
    team = team_of()
    runs = [team.start(layered(3, 3)) for _ in range(20)]
    done = await asyncio.gather(*(_finish(run) for run in runs))
    assert all(done)


async def _finish(run: Any) -> bool:
    return bool((await run).success)


async def test_a_cancelled_await_pauses_the_run_and_it_resumes() -> None:
    started, calls = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    async def slow_once(task: str, context: Any) -> str:
        calls.append(context.task)
        loop.call_soon_threadsafe(started.set)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return task

    run = team_of(slow_once).start(plan_of(a=[], b=["a"]))
    waiter = asyncio.ensure_future(_finish(run))
    await started.wait()
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await run
    assert (run.status, run.reason) == ("paused", "you interrupted it")
    assert run.resume().success
    assert calls == ["a", "a", "b"]


@pytest.mark.parametrize("inner", [echo, sync_echo])
@pytest.mark.parametrize("blocking", [True, False], ids=["thread", "await"])
def test_a_team_inside_an_agent(inner: Any, blocking: bool) -> None:
    def sync_outer(task: str, context: Any) -> Any:
        return team_of(inner).run(plan_of(a=[], b=["a"])).result

    async def awaiting_outer(task: str, context: Any) -> Any:
        return (await team_of(inner).start(plan_of(a=[], b=["a"]))).result

    outer = team_of(sync_outer if blocking else awaiting_outer)
    assert outer.run(plan_of(x=[], y=[], z=["x", "y"])).result == "do b"


def test_a_team_inside_an_async_agent_that_blocks() -> None:
    # In a process of its own: it lets the loop run within itself, which changes
    # asyncio for good.
    done = script(
        """
        import asyncio
        from nbagents import Agent, Orchestrator, Plan, Task
        def a(task, context): return task
        async def b(task, context):
            await asyncio.sleep(0.01)
            return task
        inner = Orchestrator({"a": a, "b": b}, journal=None)
        plan = Plan([Task("1", "one", "a"), Task("2", "two", "b", ["1"])])
        async def blocks(task, context): return inner.run(plan).result
        outer = Orchestrator({"blocks": blocks, "b": b}, journal=None)
        run = outer.run(Plan([
            Task("x", "x", "blocks"), Task("y", "y", "blocks"), Task("z", "z", "b"),
            Task("end", "end", "blocks", ["x", "y", "z"]),
        ]))
        print(run.partial_results)
        """
    )
    assert done.stdout.strip() == "{'x': 'two', 'y': 'two', 'z': 'z', 'end': 'two'}"
    assert done.stderr == ""


def test_agents_see_the_variables_of_whoever_started_the_run() -> None:
    variable = contextvars.ContextVar[str]("variable")
    variable.set("mine")

    def sync(task: str, context: Any) -> str:
        return variable.get("nothing")

    async def coroutine(task: str, context: Any) -> str:
        return variable.get("nothing")

    team = Orchestrator({"s": sync, "c": coroutine})
    run = team.run(Plan([Task("a", "", "s"), Task("b", "", "c")]))
    assert run.result == {"a": "mine", "b": "mine"}


def test_no_thread_is_left_when_a_run_is_over() -> None:
    team = team_of(sync_echo)
    before = set(threading.enumerate())
    team.run(layered(3, 4))
    left = [t for t in threading.enumerate() if t not in before and "agent" in t.name]
    for thread in left:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_in_a_script_without_a_word_on_stderr() -> None:
    done = script(
        """
        from nbagents import Agent, Orchestrator, Plan, Task
        async def hello(task, context): return "hello"
        team = Orchestrator([Agent("x", "Says hello", hello)])
        print(team.run(Plan([Task("a", "say", "x")])).result)
        """
    )
    assert (done.stdout, done.stderr) == ("hello\n", "")


def test_a_script_that_ends_while_a_run_goes_on_ends() -> None:
    done = script(
        """
        import asyncio, time
        from nbagents import Agent, Orchestrator, Plan, Task
        async def forever(task, context): await asyncio.Event().wait()
        def sleep(task, context): time.sleep(1000)
        team = Orchestrator({"x": forever, "y": sleep})
        team.start(Plan([Task("a", "", "x"), Task("b", "", "y")]))
        time.sleep(0.2)
        print("end")
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


@pytest.mark.parametrize("kind", ["async def", "def"])
def test_an_interrupt_pauses_the_run_and_it_can_be_resumed(kind: str) -> None:
    wait = "await asyncio.Event().wait()" if kind == "async def" else "time.sleep(1000)"
    done = script(
        f"""
        import asyncio, os, signal, threading, time
        from nbagents import Agent, Orchestrator, Plan, Task
        calls = []
        {kind} once(task, context):
            calls.append(context.task)
            if len(calls) == 1:
                os.kill(os.getpid(), signal.SIGINT)
                {wait}
            return task
        team = Orchestrator([Agent("x", "", once)])
        try:
            team.run(Plan([Task("a", "A", "x"), Task("b", "B", "x", ["a"])]))
        except KeyboardInterrupt as interrupt:
            print(type(interrupt).__name__, team.last_run.status)
        run = team.last_run.resume()
        print(run.result, calls, [len(view.attempts) for view in run.tasks])
        print(team.run(Plan([Task("a", "again", "x")])).result)
        """
    )
    assert done.stdout.splitlines() == [
        "KeyboardInterrupt paused",
        "B ['a', 'a', 'b'] [2, 1]",
        "again",
    ], done.stderr
    assert done.stderr == ""


def test_after_a_fork_the_child_gets_a_loop_of_its_own() -> None:
    done = script(
        """
        import os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from nbagents import Agent, Orchestrator, Plan, Task
        async def pid(task, context): return os.getpid()
        team = Orchestrator([Agent("x", "", pid)])
        plan = Plan([Task("a", "", "x")])
        assert team.run(plan).result == os.getpid()
        child = os.fork()
        if child == 0:
            os._exit(0 if team.run(plan).result == os.getpid() else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_the_first_question_to_a_model_does_not_hold_up_the_other_tasks() -> None:
    # openai and the list of prices take most of a second to import: on the loop,
    # nothing else would go on.
    done = script(
        """
        import sys, threading
        from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task
        from nbagents.models.server import OpenAIServer
        from nbagents.models.transport import ScriptedServer
        class Watch:
            def find_spec(self, name, path=None, target=None):
                if name in {"openai", "genai_prices", "genai_prices.data"}:
                    print(name, "imported by", threading.current_thread().name)
        sys.meta_path.insert(0, Watch())
        script = ScriptedModel(lambda request: "answered")
        for model in (script, "gpt-4o"):
            team = Orchestrator([Agent.llm("asks", "Asks")], model, api_key="none")
            run = team.run(Plan([Task("ask", "", "asks")]))
            print(run.result, run["ask"].cost > 0)
            OpenAIServer.client = lambda server: ScriptedServer(script).client()
        """
    )
    assert done.stdout.splitlines() == [
        "openai imported by nbagents-import",
        "answered False",
        "genai_prices imported by nbagents-import",
        "genai_prices.data imported by nbagents-import",
        "answered True",
    ]
    assert done.stderr == ""


def test_an_interrupt_while_a_goal_is_planned_stops_the_planning() -> None:
    done = script(
        """
        import asyncio, os, signal, threading
        from nbagents import Agent, Orchestrator, ScriptedModel
        stopped = threading.Event()
        async def answer(request):
            os.kill(os.getpid(), signal.SIGINT)
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()
        agents = [Agent("x", "Works", lambda task, context: task)]
        team = Orchestrator(agents, ScriptedModel(answer))
        try:
            team.plan("a goal")
        except KeyboardInterrupt:
            print("interrupted", stopped.wait(10))
        """
    )
    assert (done.stdout, done.stderr) == ("interrupted True\n", "")


def test_an_async_agent_can_cancel_its_own_run_and_others_go_on() -> None:
    # In a process of its own: this has nest-asyncio2 patch asyncio as a whole.
    done = script("""
        import asyncio
        from nbagents import Agent, Orchestrator, Plan, Task

        async def stop(task, context):
            run.cancel()

        async def wait(task, context):
            await asyncio.sleep(0.1)

        team = Orchestrator([Agent("stop", "", stop), Agent("wait", "", wait)])
        tasks = [Task("p", "", "stop"), Task("q", "", "wait"), Task("r", "", "wait")]
        run = team.debug(Plan(tasks))
        print(run.resume().status)
        other = Orchestrator([Agent("x", "", lambda task, context: task)])
        print(other.start(Plan([Task("a", "", "x")])).wait(20).status)
    """)
    assert done.stdout.split() == ["cancelled", "completed"], done.stderr
