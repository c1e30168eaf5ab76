"""Runs in the cells of a real kernel: blocked, awaited, interrupted, printed."""

import os
import re
import signal
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from holding import is_alive, until

pytestmark = pytest.mark.notebook

PATIENCE = 60

SETUP = """
import asyncio, threading, time
from nbagents import Agent, Orchestrator, Plan, Task
def double(task, context): return task * 2
async def shout(task, context): return task.upper()
team = Orchestrator({"double": double, "shout": shout})
plan = Plan([Task("a", "ab", "double"), Task("b", "cd", "shout", ["a"])])
"""


@dataclass
class Cell:
    """What came of a cell: its streams, its rich outputs, its error."""

    id: str
    text: str = ""
    shown: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""


class Kernel:
    """A kernel, one cell at a time."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.other: list[dict[str, Any]] = []

    def send(self, code: str) -> Cell:
        return Cell(self.client.execute(textwrap.dedent(code), allow_stdin=True))

    def run(self, code: str) -> Cell:
        return self.finish(self.send(code))

    def finish(self, cell: Cell) -> Cell:
        """Collect the outputs of `cell` until the kernel is idle again."""
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != cell.id:
                self.other.append(message)
            elif kind == "stream":
                cell.text += content["text"]
            elif kind in ("display_data", "execute_result"):
                cell.shown.append(content["data"])
            elif kind == "update_display_data":
                cell.updates.append(content["data"])
            elif kind == "error":
                cell.error = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                return cell


@pytest.fixture
def manager() -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(manager: KernelManager) -> Iterator[Kernel]:
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    kernel = Kernel(client)
    assert kernel.run(SETUP).error == ""
    yield kernel
    client.stop_channels()


def test_blocking_awaiting_and_both_again(kernel: Kernel) -> None:
    assert kernel.run("print(team.run(plan).result)").text == "CD\n"
    assert kernel.run("run = await team.start(plan); print(run.result)").text == "CD\n"
    assert kernel.run("await asyncio.sleep(0); print((await run).success)").text == (
        "True\n"
    )
    assert kernel.run("print(team.run(plan).success)").text == "True\n"
    # The last frame of a live view may come a moment after its cell.
    assert {m["msg_type"] for m in kernel.other} <= {"comm_msg"}


def test_a_run_shows_itself_live_and_leaves_a_static_picture(kernel: Kernel) -> None:
    cell = kernel.run("run = team.run(plan)")
    widget, page = cell.shown
    assert "application/vnd.jupyter.widget-view+json" in widget
    assert "data:image/svg+xml;base64," in page["text/html"]
    # The last word of the cell is the finished run, with its picture and text.
    assert "data:image/svg+xml;base64," in cell.updates[-1]["text/html"]
    assert "2 of 2" in cell.updates[-1]["text/plain"]
    bare = kernel.run("run").shown[0]
    assert "data:image/svg+xml;base64," in bare["text/html"]
    assert "completed" in bare["text/plain"]


def test_a_run_goes_on_while_other_cells_compute(kernel: Kernel) -> None:
    kernel.run(
        """
        go = threading.Event()
        async def wait(task, context):
            while not go.is_set():
                await asyncio.sleep(0.005)
            return "waited"
        run = Orchestrator([wait]).start(Plan([Task("a", "", "wait")]))
        """
    )
    cell = kernel.run(
        "go.set(); end = time.time() + 20\n"
        "while not run.success and time.time() < end: pass\n"
        "print(run.result)"
    )
    assert cell.text == "waited\n"


def test_what_agents_print_lands_in_the_cell_that_started_them(kernel: Kernel) -> None:
    start = kernel.send(
        """
        go = threading.Event()
        def talk(task, context):
            go.wait(20)
            print("from", task)
        run = Orchestrator([talk]).start(Plan([Task("a", "the agent", "talk")]))
        """
    )
    kernel.finish(start)
    cell = kernel.run("go.set(); run.wait(); print('from the cell')")
    assert cell.text == "from the cell\n"
    late = [m for m in kernel.other if m["msg_type"] == "stream"]
    assert [m["content"]["text"] for m in late] == ["from the agent\n"]
    assert late[0]["parent_header"]["msg_id"] == start.id


@pytest.mark.parametrize("wait", ["time.sleep(60)", "await asyncio.sleep(60)"])
@pytest.mark.parametrize(
    "call", ["run = team.run(plan)", "run = team.start(plan); await run"]
)
def test_an_interrupted_cell_leaves_a_run_that_resumes(
    manager: KernelManager, kernel: Kernel, wait: str, call: str
) -> None:
    kernel.run(
        f"""
        calls = []
        {"async " if "await" in wait else ""}def once(task, context):
            calls.append(context.task)
            if len(calls) == 1:
                print("started", flush=True)
                {wait}
            return task
        team = Orchestrator([once])
        plan = Plan([Task("a", "A", "once"), Task("b", "B", "once", ["a"])])
        """
    )
    cell = kernel.send(call)
    while True:
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if message["content"].get("text") == "started\n":
            break
    manager.interrupt_kernel()
    assert kernel.finish(cell).error.split(":")[0] in (
        "KeyboardInterrupt",
        "CancelledError",
    )
    # The await cell is told before the run has stopped; the next verb waits.
    code = "run = team.last_run; run.wait(); print(run.status, run.resume().result)"
    assert kernel.run(code).text == "paused B\n"
    assert kernel.run("print(calls)").text == "['a', 'a', 'b']\n"
    again = "calls.clear(); calls.append(0); print(team.run(plan).result)"
    assert kernel.run(again).text == "B\n"


INLINE = """
async def price(task, context):
    total = sum([19, 23])
    await asyncio.sleep(0)
    {stop}
    print("total is", total)
    return total
run = Orchestrator([price]).debug(Plan([Task("a", "", "price")]))
"""


def test_an_agent_is_stopped_in_by_a_real_pdb(kernel: Kernel) -> None:
    kernel.run(INLINE.format(stop="breakpoint()"))
    sent = kernel.send("run.step('a', inline=True); print(run.result)")
    for command in ("p total", "total = 1000", "c"):
        asked = kernel.client.get_stdin_msg(timeout=PATIENCE)
        assert "ipdb" in asked["content"]["prompt"]
        kernel.client.input(command)
    cell = kernel.finish(sent)
    assert cell.error == ""
    assert "42" in cell.text
    assert cell.text.endswith("total is 1000\n1000\n")
    # Driving a coroutine inside the kernel's loop leaves the kernel as it was.
    assert kernel.run("await asyncio.sleep(0.01); print(run.status)").text == (
        "completed\n"
    )


def test_magics_and_prints_of_an_inline_step_belong_to_its_cell(kernel: Kernel) -> None:
    kernel.run(INLINE.format(stop="pass"))
    cell = kernel.run("%%time\nrun.step('a', inline=True);")
    assert cell.text.startswith("total is 42\n")
    assert "Wall time" in cell.text


def test_debug_goes_to_the_agents_line_after_an_inline_step_failed(
    kernel: Kernel,
) -> None:
    kernel.run(INLINE.format(stop="1 / 0"))
    assert kernel.run("run.step('a', inline=True)").error.startswith("ZeroDivision")
    sent = kernel.send("%debug")
    for command in ("p total", "q"):
        kernel.client.get_stdin_msg(timeout=PATIENCE)
        kernel.client.input(command)
    cell = kernel.finish(sent)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", cell.text)
    assert "price()" in plain
    assert "1 / 0" in plain
    assert "42" in plain


def test_shutting_the_kernel_down_does_not_wait_for_agents(
    manager: KernelManager, kernel: Kernel
) -> None:
    kernel.run(
        """
        def stuck(task, context): time.sleep(1000)
        run = Orchestrator([stuck]).start(Plan([Task("a", "", "stuck")]))
        """
    )
    kernel.client.shutdown()
    end = time.monotonic() + PATIENCE
    while manager.is_alive() and time.monotonic() < end:
        time.sleep(0.02)
    assert not manager.is_alive()


ISOLATED = """
import os, subprocess, sys
from nbagents import agent
RATE = 2
class Odd(ValueError): pass
@agent(isolate="process")
def apart(task, context):
    if task == "stay":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("at work", os.getpid(), child.pid)
        time.sleep(1000)
    if task == "fail":
        raise Odd("no rate")
    print("worked")
    return RATE * len(task)
stay = Plan([Task("a", "stay", "apart")])
team = Orchestrator({"apart": apart, "double": lambda task, context: time.sleep(1000)})
"""


def test_an_isolated_agent_is_of_its_notebook(kernel: Kernel) -> None:
    assert kernel.run(ISOLATED).error == ""
    cell = kernel.run("run = team.run(Plan([Task('a', 'four', 'apart')]))")
    assert (cell.text, cell.error) == ("worked\n", "")
    assert kernel.run("print(run.result, apart('two', {}))").text.endswith("8 6\n")
    kernel.run("run = team.run(Plan([Task('a', 'fail', 'apart')]))")
    assert kernel.run("print(run['a'].error.traceback)").text.endswith(
        '    raise Odd("no rate")\nOdd: no rate\n\n'
    )
    raised = kernel.run("raise run['a'].error.exception")
    assert raised.error == "Odd: no rate", raised


def at_work(kernel: Kernel, cell: Cell, agents: int = 1) -> list[int]:
    """Return the processes of the isolated agents of `cell`, when all have some."""
    text = ""
    while text.count("at work") < agents or not text.endswith("\n"):
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == cell.id:
            text += message["content"].get("text", "")
    return [int(word) for word in re.findall(r"\d+", text)]


def test_an_interrupted_cell_leaves_no_process(
    manager: KernelManager, kernel: Kernel
) -> None:
    kernel.run(ISOLATED)
    cell = kernel.send("team.run(stay)")
    pids = at_work(kernel, cell)
    manager.interrupt_kernel()
    assert kernel.finish(cell).error.startswith("KeyboardInterrupt")
    assert until(lambda: not any(map(is_alive, pids)))
    assert kernel.run("print(team.last_run.status)").text == "paused\n"


@pytest.mark.parametrize("way", ["shutdown", "restart", "kill"])
def test_a_kernel_that_ends_leaves_no_process(
    manager: KernelManager, kernel: Kernel, way: str
) -> None:
    kernel.run(ISOLATED)
    cell = kernel.send(
        """
        two = [Task("a", "stay", "apart"), Task("b", "", "double")]
        run = team.start(Plan([*two, Task("c", "stay", "apart")]))
        """
    )
    pids = at_work(kernel, cell, agents=2)
    assert len(pids) == 4
    pids += [child.pid for child in psutil.Process(kernel_pid(manager)).children()]
    assert all(map(is_alive, pids))
    if way == "kill":
        os.kill(kernel_pid(manager), signal.SIGKILL)
    elif way == "shutdown":
        manager.shutdown_kernel()
    else:
        manager.restart_kernel()
    assert until(lambda: not any(map(is_alive, pids)))


def kernel_pid(manager: KernelManager) -> int:
    return int(manager.provisioner.pid)  # type: ignore[union-attr]


ROUND_TRIP = """
%load_ext nbagents
from nbagents import agent
@agent
def price(task, context):
    return 40
@agent
async def report(task, context):
    await asyncio.sleep(0)
    return f"{task}: {context['total']}"
plan = Plan([Task("total", "Add up", price), Task("text", "Total", report, ["total"])])
run = Orchestrator([price, report]).run(plan)
"""


def next_cell(kernel: Kernel, code: str) -> str:
    """Return the text of the cell that `code` puts below itself."""
    cell = kernel.run(code)
    assert cell.error == ""
    while True:
        reply = kernel.client.get_shell_msg(timeout=PATIENCE)
        if reply["parent_header"]["msg_id"] == cell.id:
            (payload,) = reply["content"]["payload"]
            assert payload["source"] == "set_next_input"
            assert payload["replace"] is False
            return str(payload["text"])


def test_a_task_goes_into_a_cell_and_its_result_back_into_the_run(
    kernel: Kernel,
) -> None:
    kernel.run(ROUND_TRIP)
    code = next_cell(kernel, "%load_task total")
    assert kernel.run(code).shown[0]["text/plain"] == "40"
    better = code.replace("return 40", "return 42").replace("# run.edit", "run.edit")
    assert kernel.run(better).error == ""
    assert kernel.run("print(run.result, *run.stale)").text == "None text\n"
    assert kernel.run("print(run.resume().result)").text == "Total: 42\n"
    code = next_cell(kernel, "%load_task text")
    assert kernel.run(code).shown[0]["text/plain"] == "'Total: 42'"
    better = code.replace("{task}:", "{task} =").replace("# run.repl", "run.repl")
    assert kernel.run(better).error == ""
    assert kernel.run("print(run.resume().result)").text == "Total = 42\n"


def test_a_cell_is_an_agent_with_source_debugger_and_traceback(kernel: Kernel) -> None:
    kernel.run(ROUND_TRIP)
    cell = kernel.run("%%agent price Adds up\n\nvalue = 42\nbreakpoint()\nvalue")
    assert "run.replace(price)" in cell.text
    assert cell.shown[0]["text/plain"] == "Agent(name='price', description='Adds up')"
    sent = kernel.send("run.replace(price); run.step('total', inline=True);")
    for command in ("p value", "c"):
        kernel.client.get_stdin_msg(timeout=PATIENCE)
        kernel.client.input(command)
    assert kernel.finish(sent).error == ""
    assert kernel.run("print(run.resume().result)").text == "Total: 42\n"
    source = "import inspect; print(inspect.getsource(price.execute))"
    assert kernel.run(source).text.endswith("    return value\n\n")
    kernel.run("%%agent price\n\n1 / 0")
    cell = kernel.run(
        "import traceback\ntry: price('')\n"
        "except ZeroDivisionError: print(traceback.format_exc())"
    )
    assert "line 3, in price\n    return 1 / 0\n" in cell.text


AGENTS = """
calls = []
def rounded(number): return round(number, {digits})
@agent
def counter(task, context):
    calls.append("counter")
    return 10 / 3
@agent
def writer(task, context):
    calls.append("writer")
    return f"sales: {{rounded(context['count'])}}"
"""


def test_a_cell_of_agents_that_is_run_again_costs_only_what_it_changed(
    kernel: Kernel,
) -> None:
    kernel.run("from nbagents import Orchestrator, Plan, Task, agent")
    kernel.run(AGENTS.format(digits=1))
    kernel.run("""
        count, text = Task("count", "", counter), Task("text", "", writer, ["count"])
        run = Orchestrator([counter, writer]).run(Plan([count, text]))
    """)
    again = "run.replace(counter).replace(writer).resume(); print(run.result, calls)"
    kernel.run(AGENTS.format(digits=1))
    assert kernel.run(again).text.strip() == "sales: 3.3 []"
    kernel.run("# a comment\n" + AGENTS.format(digits=2))
    assert kernel.run(again).text.strip() == "sales: 3.33 ['writer']"
