"""Recordings: a run is replayed from its file, offline, or says what is not in it."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.fake_server import Say, completion, events, serving, streamed
from nbagents import (
    Agent,
    Each,
    Hierarchy,
    ModelError,
    Orchestrator,
    Plan,
    Recording,
    RecordingError,
    RecordingMissError,
    Router,
    Run,
    ScriptedModel,
    ScriptedRequest,
    Task,
    agent,
    client,
    tool,
)

PLAN = Plan(
    [
        Task("facts", "Find facts", "finder"),
        Task("sums", "Sum them up", "adder", ["facts"]),
        Task("report", "Write it up", "writer", ["facts", "sums"]),
    ]
)


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Server:
    """Answers, and counts how often it is asked."""

    def __init__(self, word: str = "answer") -> None:
        self.asked: list[ScriptedRequest] = []
        self.word = word

    def __call__(self, request: ScriptedRequest) -> Any:
        self.asked.append(request)
        if request.prompt.startswith("Plan this goal"):
            return PLAN
        return f"{self.word} with {sorted(request.results)}, ünï😀code, half \ud83d"

    @property
    def model(self) -> ScriptedModel:
        return ScriptedModel(self, price=(2.0, 8.0))


AGENTS = [
    Agent.llm("finder", "Finds", system="You find."),
    Agent.llm("adder", "Adds", system="You add.", stream=False, temperature=0),
    Agent.llm("writer", "Writes", system="You write."),
]


def team(model: Any, **options: Any) -> Orchestrator:
    options.setdefault("journal", None)
    return Orchestrator(AGENTS, model, **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "q4.json"


def told(run: Run) -> list[dict[str, Any]]:
    """Return the events of a run without times, and without its id."""
    return [
        {
            "event": type(event).__name__,
            **{
                each.name: getattr(event, each.name)
                for each in dataclasses.fields(event)
                if each.name not in {"at", "seconds", "run"}
            },
        }
        for event in run.history
    ]


def test_a_run_that_is_replayed_has_the_same_events(path: Path) -> None:
    server = Server()
    first = team(Recording(path, server.model)).run("What is it?")
    count = len(server.asked)
    assert first.success
    again = team(Recording(path)).run("What is it?")
    assert told(again) == told(first)
    assert len(server.asked) == count == 5
    assert again.metrics["total_cost"] == first.metrics["total_cost"] > 0
    assert again.metrics["total_tokens"] == first.metrics["total_tokens"] > 0


def test_it_records_where_there_is_no_file_and_replays_where_there_is(
    path: Path,
) -> None:
    server = Server()
    for _ in range(3):
        run = team(Recording(path, server.model)).run(PLAN)
        assert run.success
    assert len(server.asked) == 3
    server.word = "news"
    run = team(Recording(path, server.model, record=True)).run(PLAN)
    assert run.result.startswith("news")
    assert team(Recording(path)).run(PLAN).result.startswith("news")


def test_one_recording_is_replayed_as_often_as_one_likes(path: Path) -> None:
    answers = iter(["first", "second"])
    plan = Plan([Task("a", "Same", "finder"), Task("b", "Same", "finder", ["a"])])
    same = plan.change("b", dependencies=())
    model = ScriptedModel(lambda request: next(answers))
    first = team(Recording(path, model), max_parallel=1).run(same)
    assert first.result == {"a": "first", "b": "second"}
    recorded = Recording(path)
    for _ in range(3):
        assert team(recorded, max_parallel=1).run(same).result == first.result


def test_a_changed_prompt_misses_with_a_difference_that_can_be_read(path: Path) -> None:
    team(Recording(path, Server().model)).run(PLAN)
    changed = PLAN.describe("sums", "Sum them up, twice")
    run = team(Recording(path)).run(changed)
    error = run["sums"].error
    assert error is not None
    assert isinstance(error.exception, RecordingMissError)
    assert "-Sum them up" in error.exception.difference.splitlines()
    assert "+Sum them up, twice" in error.exception.difference.splitlines()
    assert not error.exception.retryable
    assert any("Record it anew" in note for note in error.exception.__notes__)
    assert run["facts"].status == "completed"


def test_what_follows_from_a_change_goes_live_and_nothing_else(path: Path) -> None:
    server = Server()
    team(Recording(path, server.model)).run(PLAN)
    server.asked.clear()
    server.word = "live"
    live = Recording(path, server.model, live_after_edit=True)
    run = team(live).run(PLAN)
    assert server.asked == []
    run.edit("sums", result="by hand").resume()
    assert len(server.asked) == 1
    assert run.result.startswith("live")
    other = team(live).run(PLAN.describe("facts", "Find other facts"))
    assert isinstance(other.state.tasks["facts"].error.exception, RecordingMissError)  # type: ignore[union-attr]
    # What went live is nowhere recorded.
    assert len(json.loads(path.read_text("utf-8"))["calls"]) == 3


def test_a_replaced_agent_and_a_retry_in_other_words_go_live(path: Path) -> None:
    server = Server()
    team(Recording(path, server.model)).run(PLAN)
    server.word = "live"
    run = team(Recording(path, server.model, live_after_edit=True)).run(PLAN)
    run.replace(Agent.llm("writer", "Writes", system="You write well.")).resume()
    assert run.result.startswith("live")
    run.retry("facts", description="Find more").resume()
    assert run["facts"].result.startswith("live")


def test_tools_and_streams_are_replayed_too(path: Path) -> None:
    from nbagents import ScriptedReply
    from nbagents.testing import in_turn

    model = ScriptedModel(
        in_turn(ScriptedReply(calls=[("add", {"a": 1, "b": 2})]), "It is 3")
    )
    agents = [Agent.llm("finder", "Finds", tools=[add])]
    plan = Plan([Task("sum", "Add 1 and 2", "finder")])
    first = Orchestrator(agents, Recording(path, model), journal=None).run(plan)
    assert first.result == "It is 3"
    again = Orchestrator(agents, Recording(path), journal=None).run(plan)
    assert told(again) == told(first)


def test_streams_come_in_their_parts_and_at_the_speed_that_is_asked_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from nbagents.models.recording import carrying

    team(Recording(path, Server().model)).run(PLAN)
    data = json.loads(path.read_text("utf-8"))
    for call in data["calls"]:
        call["answer"]["chunks"] = [[2.0, t] for _, t in call["answer"]["chunks"]]
    path.write_text(json.dumps(data), "utf-8")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(carrying, "asyncio", type("A", (), {"sleep": sleep}))
    del asyncio
    team(Recording(path)).run(PLAN)
    assert set(slept) == {0}
    slept.clear()
    team(Recording(path, speed=4)).run(PLAN)
    assert set(slept) == {0.5}
    assert len(slept) > 3


def test_clients_of_ones_own_are_replayed(path: Path) -> None:
    def ask(recording: Recording, **how: Any) -> str:
        asking = client(recording, sync=True)
        with asking:
            said = asking.chat.completions.create(
                model="any", messages=[{"role": "user", "content": "hi"}], **how
            )
        return str(said.choices[0].message.content)

    server = Server()
    first = ask(Recording(path, server.model))
    assert ask(Recording(path)) == first
    assert len(server.asked) == 1


def test_no_key_gets_into_a_recording(path: Path) -> None:
    secret = "sk-proj-" + "Ab3" * 16
    plan = Plan([Task("a", f"Use the key {secret}", "finder")])
    model = ScriptedModel(lambda request: f"I used {secret}")
    run = team(Recording(path, model), api_key=secret).run(plan)
    assert run.success
    text = path.read_text("utf-8")
    assert secret not in text
    assert "authorization" not in text.lower()
    assert team(Recording(path)).run(plan).success


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "calls": []}',
        '{"version": 1, "calls": [{}], "model": "m", "simulated": true, "price": null}',
        '{"version": 1, "calls": 3, "model": "m", "simulated": true, "price": null}',
        '{"version": 1, "calls": [], "simulated": true, "price": null}',
        '{"version": 1, "calls": [{"request',
        "[" * 200_000,
    ],
)
def test_what_is_no_recording_is_said_to_be_none(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    with pytest.raises(RecordingError, match="no recording that can be replayed"):
        Recording(path)


def test_what_cannot_be_done_is_said_before_a_run(path: Path) -> None:
    with pytest.raises(RecordingError, match="there is no recording"):
        Recording(path)
    with pytest.raises(RecordingError, match="no model to record"):
        Recording(path, record=True)
    path.write_text("{}")
    with pytest.raises(ModelError, match="takes a model"):
        Recording(path, live_after_edit=True)
    path.unlink()
    for speed in (0, -1, "fast", True, float("inf")):
        with pytest.raises(ValueError, match="speed must be a number above 0"):
            Recording(path, Server().model, speed=speed)  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_to_fails_the_task_in_words(
    tmp_path: Path,
) -> None:
    gone = tmp_path / "gone" / "q4.json"
    run = team(Recording(gone, Server().model)).run(PLAN)
    assert "cannot be written" in str(run["facts"].error)


def test_what_a_kill_leaves_can_be_replayed_up_to_there(path: Path) -> None:
    team(Recording(path, Server().model)).debug(PLAN).step()
    calls = json.loads(path.read_text("utf-8"))["calls"]
    assert len(calls) == 1
    run = team(Recording(path)).run(PLAN)
    assert run["facts"].status == "completed"
    assert isinstance(run.state.tasks["sums"].error.exception, RecordingMissError)  # type: ignore[union-attr]


def test_two_who_record_to_one_file_are_told_and_nothing_is_lost(path: Path) -> None:
    model = Server().model
    first, second = Recording(path, model), Recording(path, model)
    run = team(first).debug(PLAN).step()
    late = team(second).run(PLAN)
    assert "was written by somebody else meanwhile" in str(late["facts"].error)
    assert run.resume().success
    assert team(Recording(path)).run(PLAN).success
    anew = team(Recording(path, model, record=True)).debug(PLAN).step()
    other = team(Recording(path, model, record=True)).run(PLAN)
    assert other.success
    assert "somebody else" in str(anew.resume()["sums"].error)
    assert team(Recording(path)).run(PLAN).success


def test_the_same_asked_side_by_side_is_replayed_to_the_same_tasks(path: Path) -> None:
    plan = Plan([Task(f"t{n}", "Find facts", "finder") for n in range(6)])
    asked = iter(range(6))

    async def answer(request: ScriptedRequest) -> str:
        number = next(asked)
        await asyncio.sleep(0.02 * (6 - number))  # The last who asks is answered first.
        return f"answer {number}"

    first = team(Recording(path, ScriptedModel(answer)), max_parallel=6).run(plan)
    again = team(Recording(path), max_parallel=6).run(plan)
    results = [[task.result for task in run.tasks] for run in (first, again)]
    assert results[0] == results[1] == [f"answer {n}" for n in range(6)]
    # Who ended first then does so again: it is the same run, but for times.
    assert told(again) == told(first)


def test_answers_that_are_not_asked_for_hold_up_nobody(path: Path) -> None:
    plan = Plan([Task(f"t{n}", f"Find {n}", "finder") for n in range(20)])
    team(Recording(path, Server().model), max_parallel=1).run(plan)
    backwards = Plan([*plan][::-1])
    recording = Recording(path)
    assert team(recording, max_parallel=1).run(backwards).success
    assert team(recording, max_parallel=20).run(backwards).success


PATTERNS: dict[str, Callable[[Recording], Run]] = {
    "router": lambda model: Router(AGENTS, model).run("Find facts"),
    "team of teams": lambda model: Orchestrator(
        {"inner": team(model, name="inner")}, model, journal=None
    ).run(Plan([Task("t", "Find out", "inner")])),
    "hierarchy": lambda model: Hierarchy(
        {"a": team(model), "b": team(model)}, model, journal=None
    ).run("x"),
    "map": lambda model: team(model).run(
        PLAN.add(Task("each", "Look", "writer", ["facts"], each=Each("facts")))
    ),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_replayed(pattern: str, path: Path) -> None:
    def answer(request: ScriptedRequest) -> Any:
        if request.schema is None:
            return json.dumps(["one", "two"])
        if "agent" in request.schema["properties"]:
            return {"agent": "adder"}
        names = request.schema["properties"]["tasks"]["items"]["properties"]["agent"]
        return Plan([Task(f"of {names['enum'][0]}", "Do it", names["enum"][0])])

    first = PATTERNS[pattern](Recording(path, ScriptedModel(answer)))
    again = PATTERNS[pattern](Recording(path))
    assert first.success
    assert again.result == first.result
    assert [task.status for task in again.tasks] == [
        task.status for task in first.tasks
    ]


def test_a_server_on_the_network_is_replayed_without_it_and_without_its_key(
    path: Path,
) -> None:
    def says(request: dict[str, Any]) -> Say:
        if request.get("stream"):
            return events(streamed("Sales ", "rose."))
        return Say(body=completion("Sales rose."))

    with serving(says) as server:
        how = {"api_key": "sk-abcdefghijklmnop", "base_url": server.url}
        first = team(Recording(path, "fake"), **how).run(PLAN)
        assert len(server.requests) == 3
    assert "sk-abcdefghijklmnop" not in path.read_text("utf-8")
    again = team(Recording(path)).run(PLAN)
    assert told(again) == told(first)
    assert first.result == "Sales rose."
    assert again.metrics["total_cost"] is None


ASKS = ScriptedModel(lambda request: f"own {request.prompt}")
SHARED = client(ASKS)
SHARED_SYNC = client(ASKS, sync=True)


def asked(task: str) -> dict[str, Any]:
    return {"model": "any", "messages": [{"role": "user", "content": task}]}


@agent
def made_before(task: str, context: Any) -> str:
    """Asks with a client that was made before the run."""
    return str(SHARED_SYNC.chat.completions.create(**asked(task)).choices[0].message)


@agent
async def made_within(task: str, context: Any) -> str:
    """Asks with a client of its own, without a key."""
    async with client() as asking:
        said = await asking.chat.completions.create(**asked(task))
    return str(said.choices[0].message.content)


@agent
async def streams(task: str, context: Any) -> str:
    """Asks for a stream."""
    whole = await SHARED.chat.completions.create(**asked(task), stream=True)
    return "".join([part.choices[0].delta.content or "" async for part in whole])


def test_clients_that_agents_make_are_recorded_with_their_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(
        [
            Task("before", "Ask before", made_before),
            Task("within", "Ask within", made_within, ["before"]),
            Task("stream", "Ask for a stream", streams, ["within"]),
        ]
    )

    def crew(model: Any) -> Orchestrator:
        return Orchestrator([made_before, made_within, streams], model, journal=None)

    with serving(Say(body=completion("from the network"))) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefghijklmnop")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        first = crew(Recording(path, Server().model)).run(plan)
    assert first.success
    assert first["within"].result == "from the network"
    assert len(json.loads(path.read_text("utf-8"))["calls"]) == 3
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    again = crew(Recording(path)).run(plan)
    assert told(again) == told(first)
    # What is asked anew in a fork is on the tape as well.
    assert again.fork().retry("within")["within"].result == "from the network"
    # Outside of the run they ask whom they were made for.
    said = SHARED_SYNC.chat.completions.create(**asked("more")).choices[0].message
    assert said.content == "own more"
