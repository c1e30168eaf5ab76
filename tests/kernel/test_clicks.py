"""What a person clicks in a live view, as a kernel gets it: while cells are busy."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

pytestmark = pytest.mark.notebook

PATIENCE = 60
VIEW = "application/vnd.jupyter.widget-view+json"

SETUP = """
import asyncio
from nbagents import Orchestrator, Plan, Task
async def first(task, context):
    print("at work", flush=True)
    # As an agent whose work takes until the run is told to pause, and no longer.
    while not team.last_run._engine._course.halted:
        await asyncio.sleep(0.01)
def second(task, context): return "second"
team = Orchestrator([first, second])
plan = Plan([Task("a", "", "first"), Task("b", "", "second", ["a"])])
"""


class Notebook:
    """A kernel, what it said, and the comms of widgets in it."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.said: list[dict[str, Any]] = []

    def send(self, code: str, cell: str | None = None) -> str:
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content)
        if cell is not None:
            message["metadata"] = {"cellId": cell}
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, code: str, cell: str | None = None) -> list[dict[str, Any]]:
        """Return what a cell that ended has shown."""
        id = self.send(code, cell)
        self.until(is_idle(id))
        mine = [m for m in self.said if m["parent_header"].get("msg_id") == id]
        errors = [m["content"]["evalue"] for m in mine if m["msg_type"] == "error"]
        assert errors == []
        return [m for m in mine if m["msg_type"] == "display_data"]

    def until(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the first message that meets `condition`, of those still to come."""
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            self.said.append(message)
            if condition(message):
                return message

    def comm(self) -> str:
        """Return the id of the comm of the one live view."""
        opened = [
            m["content"]["comm_id"]
            for m in self.said
            if m["msg_type"] == "comm_open"
            and "snapshot" in m["content"]["data"].get("state", {})
        ]
        assert len(opened) == 1
        return str(opened[0])

    def click(self, subshell: str | None, **said: Any) -> None:
        """Send what a view says when it is clicked."""
        data = {"method": "custom", "content": said}
        content = {"comm_id": self.comm(), "data": data}
        message = self.client.session.msg("comm_msg", content)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)

    def subshell(self) -> str:
        message = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=PATIENCE)
            if reply["msg_type"] == "create_subshell_reply":
                return str(reply["content"]["subshell_id"])


def is_idle(id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: (
        message["parent_header"].get("msg_id") == id
        and message["content"].get("execution_state") == "idle"
    )


def is_at_work(message: dict[str, Any]) -> bool:
    return "at work" in str(message["content"].get("text"))


def is_reply(number: str | int) -> Callable[[dict[str, Any]], bool]:
    return lambda message: (
        message["msg_type"] == "comm_msg"
        and message["content"]["data"].get("content", {}).get("reply") == number
    )


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    notebook = Notebook(client)
    notebook.run(SETUP)
    yield notebook
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    "cell, with_subshell",
    [
        ("team.run(plan)", True),  # Without one a click waits for the cell's end.
        ("team.start(plan)", True),
        ("team.start(plan)", False),
        ("await team.start(plan)", True),
        ("await team.start(plan)", False),
    ],
)
def test_a_click_pauses_a_run_whatever_its_cell_does(
    notebook: Notebook, cell: str, with_subshell: bool
) -> None:
    subshell = notebook.subshell() if with_subshell else None
    id = notebook.send(f"shown = {cell}")
    notebook.until(is_at_work)
    notebook.click(subshell, ask="pause", number="view-1")
    # The reply comes while the cell blocks: only the pause lets it end.
    reply = notebook.until(is_reply("view-1"))
    assert reply["content"]["data"]["content"] == {"reply": "view-1", "ok": True}
    if not any(is_idle(id)(each) for each in notebook.said):
        notebook.until(is_idle(id))
    notebook.run("run = team.last_run.wait(); print(f'{run.status} {run.reason}')")
    streams = [m["content"] for m in notebook.said if m["msg_type"] == "stream"]
    said = "".join(each["text"] for each in streams)
    assert said.endswith("paused you paused it\n")
    assert sum(map(is_reply("view-1"), notebook.said)) == 1


def test_a_run_that_is_resumed_by_a_click_shows_itself_no_further_time(
    notebook: Notebook,
) -> None:
    notebook.run("run = team.debug(plan)")
    before = len(shown(notebook))
    notebook.click(None, ask="resume", number="view-1")
    notebook.until(is_at_work)
    notebook.click(None, ask="pause", number="view-2")
    notebook.until(is_reply("view-2"))
    notebook.run("run.wait(); 0")
    assert len(shown(notebook)) == before


def test_a_message_that_makes_no_sense_says_nothing_in_any_cell(
    notebook: Notebook,
) -> None:
    notebook.run("run = team.debug(plan)")
    since = len(notebook.said)
    for number, ask in enumerate(["nonsense", 3, None, {}]):
        notebook.click(None, ask=ask, number=number)
        reply = notebook.until(is_reply(number))
        assert reply["content"]["data"]["content"]["error"]
    kinds = {m["msg_type"] for m in notebook.said[since:]}
    assert kinds <= {"status", "comm_msg"}


def test_cells_that_show_a_run_share_its_widget_and_have_a_page_each(
    notebook: Notebook,
) -> None:
    notebook.run("run = team.debug(Plan([Task('b', '', 'second')]))", "one")
    for cell in ("two", "three", "two", "two"):
        notebook.run("run.show()", cell)
    notebook.comm()  # There is one.
    views = {m["content"]["data"][VIEW]["model_id"] for m in shown(notebook, VIEW)}
    assert len(views) == 1
    pages = [m["content"]["transient"]["display_id"] for m in shown(notebook)]
    assert len(pages) == len(set(pages)) == 5
    notebook.run("run.resume(); run._view._pages.write()")
    ids = [
        m["content"]["transient"]["display_id"]
        for m in notebook.said
        if m["msg_type"] == "update_display_data"
    ]
    # The last page of each cell, once: the others went with what was executed before.
    assert sorted(ids) == sorted([pages[0], pages[2], pages[4]])


def test_a_run_that_nobody_holds_closes_its_comm(notebook: Notebook) -> None:
    notebook.run("run = team.run(Plan([Task('b', '', 'second')]))")
    comm = notebook.comm()
    # What it still has to say to its view holds it for a few seconds.
    notebook.run(
        """
import gc, time, weakref
gone = weakref.ref(run._view)
del run, team
end = time.monotonic() + 30
while gone() is not None and time.monotonic() < end:
    time.sleep(0.1)
    gc.collect()
"""
    )
    closed = [m for m in notebook.said if m["msg_type"] == "comm_close"]
    assert comm in [m["content"]["comm_id"] for m in closed]


def shown(notebook: Notebook, kind: str = "text/html") -> list[dict[str, Any]]:
    return [
        m
        for m in notebook.said
        if m["msg_type"] == "display_data" and kind in m["content"]["data"]
    ]
