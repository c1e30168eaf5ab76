"""An agent with a process of its own: `isolate="process"`."""

import asyncio
import atexit
import contextlib
import ctypes
import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import isolated
from holding import held, is_alive, left_after, until
from nbagents import (
    Agent,
    AgentError,
    AgentProcessError,
    Orchestrator,
    Plan,
    Run,
    ScriptedModel,
    ScriptedReply,
    Task,
    agent,
    isolation,
    report,
)
from nbagents.digests import fingerprint
from nbagents.engine.events import Progress
from nbagents.models import resolve
from own_process import script
from teams import plan_of

ON_LINUX = sys.platform == "linux"


def apart(execute: Callable[..., Any], name: str = "x") -> Agent:
    return Agent(name, f"Is {name}", execute, isolate="process")


def run_of(execute: Callable[..., Any], plan: Plan | None = None) -> Run:
    return Orchestrator([apart(execute)]).run(plan or plan_of(a=[]))


def pid(task: str, context: Any) -> int:
    return os.getpid()


async def async_pid(task: str, context: Any) -> int:
    await asyncio.sleep(0)
    return os.getpid()


def awaitable_pid(task: str, context: Any) -> Any:
    return async_pid(task, context)


# --- where it works ---


@pytest.mark.parametrize("execute", [pid, async_pid, awaitable_pid])
def test_each_attempt_has_a_process_of_its_own(execute: Any) -> None:
    run = run_of(execute, plan_of(a=[], b=["a"]))
    pids = {run["a"].result, run["b"].result}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert not any(map(is_alive, pids))


def test_it_works_where_its_parent_works() -> None:
    def where(task: str, context: Any) -> Any:
        return os.getcwd(), sys.path, sys.executable, os.environ["PATH"]  # noqa: PTH109

    here = (str(Path.cwd()), sys.path, sys.executable, os.environ["PATH"])
    assert run_of(where).result == here


def test_called_by_hand_or_stepped_inline_it_works_right_here() -> None:
    assert apart(pid)("x", {}) == os.getpid()
    run = Orchestrator([apart(pid)]).debug(plan_of(a=[]))
    assert run.step("a", inline=True)["a"].result == os.getpid()


def test_a_step_that_is_not_inline_has_a_process() -> None:
    run = Orchestrator([apart(pid)]).debug(plan_of(a=[])).step("a")
    assert run["a"].result != os.getpid()


def test_it_is_given_its_context_with_task_and_goal() -> None:
    def given(task: str, context: Any) -> Any:
        return (
            task,
            dict(context),
            context.task,
            context.goal,
            isinstance(context, dict),
        )

    plan = Plan([Task("a", "A", "x"), Task("b", "B", "x", ["a"])], goal="G")
    run = run_of(given, plan)
    assert run["a"].result == ("A", {}, "a", "G", True)
    assert run["b"].result[1] == {"a": run["a"].result}


def test_an_agent_in_a_dict_and_one_with_another_name_stay_isolated() -> None:
    run = Orchestrator({"y": apart(pid)}).run(plan_of("y", a=[]))
    assert run.result != os.getpid()


def test_what_it_changes_changes_there() -> None:
    counted: list[str] = []

    def counts(task: str, context: Any) -> int:
        counted.append(task)
        return len(counted)

    run = run_of(counts, plan_of(a=[], b=["a"]))
    assert (run["a"].result, run["b"].result, counted) == (1, 1, [])


def test_a_large_result_and_a_large_context_arrive_whole() -> None:
    def large(task: str, context: Any) -> Any:
        return context.get("a", b"x" * 3_000_000)

    assert run_of(large, plan_of(a=[], b=["a"]))["b"].result == b"x" * 3_000_000


# --- what a notebook defines ---


NOTEBOOK = """
    from dataclasses import dataclass
    from nbagents import Orchestrator, Plan, Task, agent
    RATE = 2
    @dataclass
    class Price:
        amount: int
        def times(self): return self.amount * RATE
    class Odd(ValueError): pass
    def helper(amount): return Price(amount + 1)
    @agent(isolate="process")
    def price(task, context): return helper(len(task))
    @agent(isolate="process")
    def odd(task, context): raise Odd("odd")
    team = Orchestrator([price, odd])
    run = team.run(Plan([Task("a", "four", "price"), Task("b", "", "odd")]))
"""


def test_what_a_notebook_defines_comes_back_as_what_it_defined() -> None:
    done = script(
        NOTEBOOK
        + """
    price = run["a"].result
    error = run["b"].error.exception
    RATE = 10
    print(price, type(price) is Price, price.times(), helper(0).times())
    print(type(error) is Odd, run["b"].error)
    """
    )
    assert done.stdout.splitlines() == [
        "Price(amount=5) True 50 10",
        "True Odd: odd",
    ]
    assert done.stderr == ""


def test_an_isolated_agent_is_ready_without_loading_the_package() -> None:
    def modules(task: str, context: Any) -> list[str]:
        return sorted({"nbagents", "openai", "IPython", "asyncio"} & {*sys.modules})

    assert run_of(modules).result == []


# --- what it says ---


def test_what_it_prints_goes_to_the_cell_that_started_it() -> None:
    def talks(task: str, context: Any) -> None:
        print("said", "Grüße")
        print("warned", file=sys.stderr)
        os.system("echo shell")

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        run_of(talks)
    assert sorted(out.getvalue().splitlines()) == ["said Grüße", "shell"]
    assert err.getvalue() == "warned\n"


def test_what_it_prints_is_seen_while_it_works(tmp_path: Path) -> None:
    def talks(task: str, context: Any) -> None:
        print("half way")
        while not Path(task).exists():
            threading.Event().wait(0.005)

    out, go = io.StringIO(), tmp_path / "go"
    with contextlib.redirect_stdout(out):
        run = Orchestrator([apart(talks)]).start(Plan([Task("a", str(go), "x")]))
        assert until(lambda: out.getvalue() == "half way\n")
        assert run.status == "running"
        go.touch()
        assert run.wait().success


def test_what_it_reports_arrives_in_order_and_before_its_result() -> None:
    def reports(task: str, context: Any) -> None:
        for number in range(3):
            report(f"page {number}", number / 2)

    heard: list[tuple[str, float | None]] = []
    run = Orchestrator([apart(reports)]).debug(plan_of(a=[]))
    run.subscribe(
        lambda e: (
            heard.append((e.message, e.fraction)) if isinstance(e, Progress) else None
        )
    )
    run.resume()
    assert heard == [("page 0", 0.0), ("page 1", 0.5), ("page 2", 1.0)]


def test_the_models_it_asks_are_in_its_prompt_and_its_cost() -> None:
    def answer(request: Any) -> ScriptedReply:
        return ScriptedReply(text="yes", input_tokens=1_000, output_tokens=100)

    model = ScriptedModel(answer, price=(2.5, 10.0))
    writer = Agent.llm("writer", "Writes", model=model)

    async def asks(task: str, context: Any) -> Any:
        return await writer(f"Is it {task}?", context)

    run = run_of(asks)
    assert run.result == "yes"
    assert "Is it do a?" in (run["a"].prompt or "")
    assert (run["a"].tokens, run["a"].cost) == (1_100, pytest.approx(0.0035))


def test_an_agent_that_is_given_the_models_of_the_team_can_ask_them() -> None:
    model = resolve(ScriptedModel(lambda request: "answered"))
    assert model is not None

    async def asks(task: str, context: Any) -> str:
        return (await model.chat([{"role": "user", "content": task}])).text

    async def inside() -> Run:
        # Its connections are open here, and stay here.
        async with model.opened():
            return await Orchestrator([apart(asks)], model).start(plan_of(a=[]))

    assert asyncio.run(inside()).result == "answered"


# --- what goes wrong ---


def test_what_it_raises_shows_the_agents_own_lines() -> None:
    def inner(value: str) -> int:
        return int(value)

    def fails(task: str, context: Any) -> int:
        try:
            return inner("twelve")
        except ValueError as error:
            error.add_note("asked for a number")
            raise KeyError("price") from error

    error = run_of(fails)["a"].error
    assert error is not None
    assert str(error) == "KeyError: 'price'"
    assert isinstance(error.exception, KeyError)
    lines = [line.strip() for line in error.traceback.splitlines()]
    assert "return int(value)" in lines
    assert "asked for a number" in lines
    assert 'raise KeyError("price") from error' in lines
    assert not any("isolation" in line and "tests" not in line for line in lines)
    assert "^" not in error.traceback


def test_its_traceback_is_shown_by_ipython_too(capsys: Any) -> None:
    config = Config({"HistoryManager": {"enabled": False}})  # It writes at home.
    shell = InteractiveShell(config=config, colors="nocolor")
    shell.restore_sys_module_state()
    atexit.unregister(shell.atexit_operations)
    shell.run_cell(
        """
        from nbagents import Agent, Orchestrator, Plan, Task
        def fails(task, context): return inner(3)
        def inner(total): return total / 0
        team = Orchestrator([Agent("x", "", fails, isolate="process")])
        run = team.run(Plan([Task("a", "", "x")]))
        """
    )
    shell.run_cell("raise run['a'].error.exception")
    shown = capsys.readouterr().out
    assert "def inner(total): return total / 0" in shown
    assert shown.rstrip().endswith("ZeroDivisionError: division by zero")


class Stubborn(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


class Locked(Exception):
    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: Stubborn("one", "two"), "Stubborn: one and two"),
        (Locked, "Locked: locked"),
    ],
)
def test_an_exception_that_does_not_pickle_is_told_of(make: Any, said: str) -> None:
    def fails(task: str, context: Any) -> None:
        raise make()

    error = run_of(fails)["a"].error
    assert error is not None
    assert error.message == said
    assert isinstance(error.exception, AgentProcessError)
    assert "raise make()" in error.traceback


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), StopIteration(1)]
)
def test_whatever_it_raises_is_the_failure_of_its_task(error: BaseException) -> None:
    def fails(task: str, context: Any) -> None:
        raise error

    found = run_of(fails)["a"].error
    assert found is not None
    assert found.kind == type(error).__name__


@pytest.mark.parametrize(
    "end, code, said",
    [
        (lambda: os._exit(3), 3, "exit code 3"),
        (lambda: os._exit(0), 0, "exit code 0"),
        (lambda: ctypes.string_at(0), -11, "signal 11 (SIGSEGV)"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), -9, "signal 9 (SIGKILL)"),
        (lambda: os.closerange(3, 256), 1, "exit code 1"),
    ],
)
def test_a_process_that_dies_fails_its_task_and_no_other(
    end: Any, code: int, said: str
) -> None:
    def dies(task: str, context: Any) -> None:
        end()

    team = Orchestrator([apart(dies), apart(pid, "y")])
    with contextlib.redirect_stderr(io.StringIO()):
        run = team.run(Plan([Task("a", "", "x"), Task("b", "", "y")]))
    error = run["a"].error
    assert error is not None
    assert error.message == f"the process of agent 'x' died: {said}"
    assert isinstance(error.exception, AgentProcessError)
    assert (error.exception.agent, error.exception.exit_code) == ("x", code)
    assert run["b"].status == "completed"


def test_its_error_can_be_pickled() -> None:
    error = AgentProcessError("died", agent="x", exit_code=3)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.agent, again.exit_code) == ("died", "x", 3)


def test_what_cannot_be_sent_is_named() -> None:
    lock = threading.Lock()

    def uses(task: str, context: Any) -> bool:
        return lock.locked()

    error = run_of(uses)["a"].error
    assert error is not None
    assert error.message.startswith("what agent 'x' uses cannot be sent to its process")
    assert "'lock': TypeError" in error.message
    assert "inside the function" in error.traceback


def test_a_result_that_cannot_be_sent_is_named() -> None:
    def counts(task: str, context: Any) -> Any:
        return (number for number in range(3))

    error = run_of(counts)["a"].error
    assert error is not None
    assert error.message.startswith("agent 'x' returned generator, which its process")
    assert "lists" in error.traceback


@dataclass
class Brittle:
    def __reduce__(self) -> Any:
        return int, ("no number",)


def test_a_result_that_cannot_be_read_again_is_the_failure_of_its_task() -> None:
    def brittle(task: str, context: Any) -> Any:
        return Brittle()

    error = run_of(brittle)["a"].error
    assert error is not None
    assert "no number" in error.message


# --- stopping ---


def started(tmp_path: Path, execute: Any, **more: Any) -> tuple[Run, list[int]]:
    """Return a run whose isolated agent is at work, and its processes."""
    team = Orchestrator([apart(execute)], **more)
    run = team.start(Plan([Task("a", str(tmp_path), "x")]))
    told = tmp_path / "pids"
    assert until(told.exists)
    return run, [int(word) for word in told.read_text().split()]


def test_a_cancel_kills_it_with_all_it_has_started(tmp_path: Path) -> None:
    before = held()
    run, pids = started(tmp_path, isolated.with_family)
    assert len(pids) == 3
    run.cancel()
    assert not is_alive(pids[0])
    assert until(lambda: not any(map(is_alive, pids)))
    assert (run.status, run["a"].status) == ("cancelled", "cancelled")
    assert left_after(before) == {}


def test_a_timeout_kills_it_and_is_no_abandonment(tmp_path: Path) -> None:
    run, pids = started(tmp_path, isolated.forever, task_timeout=4)
    run.wait()
    assert not any(map(is_alive, pids))
    error = run["a"].error
    assert error is not None
    assert error.kind == "TaskTimeout"
    assert [attempt.abandoned for attempt in run["a"].attempts] == [False]


async def test_an_interrupted_await_kills_it_and_the_run_resumes(
    tmp_path: Path,
) -> None:
    def once(task: str, context: Any) -> str:
        if (Path(task) / "pids").exists():
            return "again"
        return str(isolated.forever(task, context))

    run, pids = started(tmp_path, once)
    waiting = asyncio.ensure_future(_waited(run))
    await asyncio.sleep(0)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    run.wait()
    assert not any(map(is_alive, pids))
    assert run.status == "paused"
    assert run.resume().result == "again"


async def _waited(run: Run) -> None:
    await run


def test_one_that_holds_the_interpreter_is_killed_too(tmp_path: Path) -> None:
    def deep(task: str, context: Any) -> int:
        isolated.told(Path(task), os.getpid())
        return sum(range(10**15))

    run, pids = started(tmp_path, deep)
    run.cancel()
    assert not any(map(is_alive, pids))


def test_what_it_leaves_behind_ends_with_it() -> None:
    run = run_of(isolated.leaves_a_child)
    assert run.success
    assert until(lambda: not is_alive(run.result))


def test_nothing_is_left_of_many_at_once() -> None:
    before = held()
    run = Orchestrator([apart(pid)], max_parallel=8).run(
        plan_of(**{f"t{n}": [] for n in range(12)})
    )
    assert run.success
    assert left_after(before) == {}


ORPHANS = """
    import sys
    import isolated
    from nbagents import Agent, Orchestrator, Plan, Task
    {deep}
    x = Agent("x", "", {execute}, isolate="process")
    run = Orchestrator([x]).start(Plan([Task("a", sys.argv[1], "x")]))
    run.wait()
"""

DEEP = """
    def deep(task, context):
        import os, pathlib
        isolated.told(pathlib.Path(task), os.getpid())
        return sum(range(10**15))
"""


@pytest.mark.parametrize(
    "execute",
    [
        "isolated.with_family",
        # Elsewhere a thread of the child looks, which does not get its turn here.
        pytest.param("deep", marks=pytest.mark.skipif(not ON_LINUX, reason="Linux")),
    ],
)
def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path, execute: str) -> None:
    code = textwrap.dedent(ORPHANS).format(execute=execute, deep=textwrap.dedent(DEEP))
    path = os.pathsep.join([str(Path(__file__).parent), os.environ["PYTHONPATH"]])
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
    )
    told = tmp_path / "pids"
    try:
        assert until(told.exists)
    finally:
        parent.kill()
        parent.wait()
    pids = [int(word) for word in told.read_text().split()]
    # The third has left the group on purpose, and nobody is there to look for it.
    assert until(lambda: not any(map(is_alive, pids[:2])))
    for pid in filter(is_alive, pids[2:]):
        os.kill(pid, signal.SIGKILL)


# --- as a value ---


def test_isolation_shows_only_where_it_is() -> None:
    assert repr(apart(pid)) == (
        "Agent(name='x', description='Is x', isolate='process')"
    )
    assert repr(Agent("x", "Is x", pid)) == "Agent(name='x', description='Is x')"
    assert apart(pid) == apart(pid)
    assert apart(pid) != Agent("x", "Is x", pid)
    assert hash(apart(pid)) == hash(apart(pid))


def test_the_decorator_isolates_and_keeps_the_function() -> None:
    @agent(isolate="process")
    def counts(task: str, context: Any) -> int:
        """Count."""
        return len(task)

    assert repr(counts) == (
        "Agent(name='counts', description='Count.', isolate='process')"
    )
    assert counts("four") == 4
    assert counts.__wrapped__ is counts.execute


def test_isolation_is_no_other_agent_to_a_fingerprint() -> None:
    plain, isolated_too = Agent("x", "", pid), apart(pid)
    assert fingerprint(plain).digest == fingerprint(isolated_too).digest
    run = Orchestrator([plain]).run(plan_of(a=[], b=["a"]))
    before = run["a"].result
    assert run.replace(Agent("x", "", pid, isolate="process")).resume().success
    assert run["a"].result == before
    assert len(run["a"].attempts) == 1


@pytest.mark.parametrize("word", ["proces", "thread", True, 3])
def test_a_word_that_is_none_is_refused_with_those_there_are(word: Any) -> None:
    with pytest.raises(
        AgentError, match=r"agent 'x' cannot be isolated by .*'process'"
    ):
        Agent("x", "", pid, isolate=word)


@pytest.mark.parametrize(
    "place, name, value",
    [
        ("sys", "platform", "emscripten"),
        ("os", "name", "nt"),
        ("sys", "executable", ""),
    ],
)
def test_without_processes_it_says_so_at_once(
    monkeypatch: pytest.MonkeyPatch, place: str, name: str, value: str
) -> None:
    # Of `os` only this one look: pathlib goes by that name, too.
    monkeypatch.setattr(
        f"nbagents.isolation.process.{place}", _Fake(place, name, value)
    )
    assert isolation.missing()
    with pytest.raises(AgentError, match="cannot have a process of its own here"):
        apart(pid)


class _Fake:
    """A module in which one thing is another."""

    def __init__(self, module: str, name: str, value: str) -> None:
        self._module = sys.modules[module]
        setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
