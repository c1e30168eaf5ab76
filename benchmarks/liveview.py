"""What the live view costs, and how far it is behind, in a real JupyterLab.

2,500 tasks start and end in about 3 seconds: 5,000 changes of state. JupyterLab, the
kernel and a headless Chromium run on this machine; the page counts what its websocket
brings, how often it paints, and when the view shows the last state. What is printed:

    changes    changes of state, and in how many seconds
    behind     milliseconds from the end of the run until the page shows it whole
    right      tasks whose state in the page is that of the engine, of all tasks
    messages   comm messages to the page, and how many a second at most
    bytes      of these messages in all, and for each change of state
    frames     frames that the page painted in a second, and the longest gap in ms
    limits     rate limits of the server that were hit: promised to be none

    python benchmarks/liveview.py [--tasks 2500] [--rounds 3]

Exits with 1 when the page is more than 250 ms behind, is not right, or a limit was hit.
"""

import argparse
import importlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

MOST_BEHIND = 250.0
"""Milliseconds; what the view promises."""

_PARALLEL = 100
_SECONDS = 3.0
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

_TEAM = """
import asyncio, json, time
from nbagents import Agent, Orchestrator, Plan, Task

async def work(task, context):
    await asyncio.sleep({pause})
    return task

team = Orchestrator([Agent("worker", "Works", work)], max_parallel={parallel},
                    journal=None)
plan = Plan(Task(f"t{{n}}", "go", "worker") for n in range({tasks}))
"""
_END = """
figures = run.metrics
states = [str(task.status) for task in run.state.tasks.values()]
print(json.dumps({"start": figures["start"], "end": figures["end"], "states": states}))
"""


def main() -> None:
    """Measure, print a line for each round, and exit with 1 where one is too bad."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=2500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    lab = importlib.import_module("browser.lab")
    good = [measure(lab, given.tasks) for _ in range(given.rounds)]
    sys.exit(not all(good))


def measure(lab: Any, tasks: int) -> bool:
    """Run one notebook, print what it took, and return whether that is good."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        page.add_init_script(_COUNTING)
        with lab.serve(folder) as url:
            seen, told = watch(lab, page, (url, folder), tasks)
            browser.close()
        log = (folder / "lab.log").read_text()
    return show(seen, told, log.count("rate exceeded"))


def watch(lab: Any, page: Any, where: tuple[str, Path], tasks: int) -> Any:
    """Return what the page saw, and what the kernel says was so."""
    pause = _SECONDS * _PARALLEL / tasks
    team = _TEAM.format(pause=pause, parallel=_PARALLEL, tasks=tasks)
    cells = [team, "run = team.start(plan)", f"run.wait();{_END}"]
    notebook = lab.Notebook.of(page, where, cells)
    notebook.start_all()
    whole = f"{tasks:,} of {tasks:,} tasks"
    page.wait_for_selector(".nbagents-live .nb-count")
    page.evaluate(_BEGIN, whole)
    notebook.wait()
    page.wait_for_function("() => window.nbSeen.done !== null")
    told = json.loads(notebook.output(2).inner_text())
    return page.evaluate("() => window.nbSeen"), told


def show(seen: Any, told: Any, limits: int) -> bool:
    """Print one round; return whether it keeps what is promised."""
    changes = 2 * len(told["states"])
    took = told["end"] - told["start"]
    behind = seen["done"] - 1000 * told["end"]
    right = sum(state == "completed" for state in told["states"])
    right = right if seen["shares"] == len(told["states"]) else seen["shares"]
    rates = [seen["seconds"].count(each) for each in set(seen["seconds"])]
    print(f"changes   {changes:,} in {took:.2f} s")
    print(f"behind    {behind:.0f} ms")
    print(f"right     {right:,} of {len(told['states']):,}")
    print(
        f"messages  {len(seen['seconds']):,}, at most {max(rates, default=0)} a second"
    )
    print(f"bytes     {seen['bytes']:,}, {seen['bytes'] / changes:.0f} a change")
    frames = seen["frames"] / max(took, 0.001)
    print(f"frames    {frames:.0f} a second, longest gap {seen['gap']:.0f} ms")
    print(f"limits    {limits} hit\n")
    return behind <= MOST_BEHIND and right == len(told["states"]) and not limits


# Counts what comes over websockets; messages of a widget have this type in them.
_COUNTING = """
window.nbSeen = {bytes: 0, seconds: [], frames: 0, gap: 0, done: null, shares: 0};
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      const text = new TextDecoder().decode(bytes);
      if (!text.includes("comm_msg")) return;
      window.nbSeen.bytes += text.length;
      window.nbSeen.seconds.push(Math.floor(Date.now() / 1000));
    });
  }
};
"""
_BEGIN = """(whole) => {
  const seen = window.nbSeen;
  const count = document.querySelector(".nbagents-live .nb-count");
  let before = performance.now();
  const look = (now) => {
    seen.frames += 1;
    seen.gap = Math.max(seen.gap, now - before);
    before = now;
    if (seen.done === null && count.textContent === whole) {
      seen.done = Date.now();
      seen.shares = Number(document.querySelector(
        ".nbagents-live .nb-progress").getAttribute("aria-valuenow"));
    }
    if (seen.done === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


if __name__ == "__main__":
    main()
