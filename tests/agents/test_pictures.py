"""Pictures and files: what a model is shown of them, and what it makes."""

import base64
import struct
import zlib
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from nbagents import (
    Agent,
    Orchestrator,
    Picture,
    Plan,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    Task,
)

mpl.use("Agg")


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        mark = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + mark

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


PNG = png()
JPEG = b"\xff\xd8\xff\xe0" + bytes(50)
PDF = b"%PDF-1.7\n" + bytes(50)


class Shows:
    """As pictures of Pillow and of IPython do."""

    def __init__(self, shown: Any) -> None:
        self.shown = shown

    def _repr_png_(self) -> Any:
        return self.shown


class Drawn:
    """As what came of a program does."""

    figures = (PNG, PNG)

    def __str__(self) -> str:
        return "it printed this"


class Looking:
    def __init__(self, answer: Any = "I see") -> None:
        self.answer = answer
        self.requests: list[ScriptedRequest] = []

    def __call__(self, request: ScriptedRequest) -> Any:
        self.requests.append(request)
        return self.answer


def run_of(looking: Looking, *values: Any, **options: Any) -> Any:
    given = list(values)
    artist = Agent("artist", "Draws", lambda task, context: given[int(task)])
    critic = Agent.llm("critic", "Looks", **{"images": True, **options})
    tasks = [Task(f"d{n}", str(n), "artist") for n in range(len(given))]
    plan = Plan([*tasks, Task("t", "Look", "critic", [each.id for each in tasks])])
    team = Orchestrator([artist, critic], model=ScriptedModel(looking), journal=None)
    run = team.run(plan)
    assert run["t"].status == "completed", run["t"].error
    return run


@pytest.mark.parametrize(
    "value, seen",
    [
        (PNG, [PNG]),
        (bytearray(JPEG), [JPEG]),
        (PDF, [PDF]),
        ([PNG, JPEG, "text"], [PNG, JPEG]),
        (Picture(PNG), [PNG]),
        (Shows(PNG), [PNG]),
        (Shows(base64.b64encode(PNG).decode()), [PNG]),
        (Drawn(), [PNG, PNG]),
        (b"no picture", []),
        ("text", []),
        (Shows(None), []),
        (Shows(3), []),
    ],
)
def test_what_can_be_looked_at_goes_along(value: Any, seen: list[bytes]):
    looking = Looking()
    run_of(looking, value)
    (request,) = looking.requests
    assert request.images == seen


def test_the_prompt_points_to_what_is_attached_and_keeps_the_rest():
    looking = Looking()
    run_of(looking, PNG, "plain text", Drawn())
    results = looking.requests[0].results
    assert results["d0"] == "[attached to this message: 1]"
    assert results["d1"] == "plain text"
    assert results["d2"] == "it printed this\n\n[attached to this message: 2, 3]"


def test_a_figure_of_matplotlib_is_drawn_for_it():
    looking = Looking()
    figure = Figure()
    figure.subplots().plot([1, 2])
    run_of(looking, figure)
    (seen,) = looking.requests[0].images
    assert seen.startswith(PNG[:8])


def test_the_parts_are_those_that_openai_knows():
    looking = Looking()
    run_of(looking, PNG, PDF)
    content = looking.requests[0].messages[-1]["content"]
    assert [each["type"] for each in content] == ["text", "image_url", "file"]
    assert content[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert content[2]["file"]["filename"] == "attached_2.pdf"


def test_who_did_not_ask_for_pictures_gets_words():
    looking = Looking()
    run_of(looking, PNG, images=False)
    assert looking.requests[0].images == []
    assert isinstance(looking.requests[0].messages[-1]["content"], str)


def test_no_more_goes_along_than_a_server_takes():
    looking = Looking()
    run_of(looking, [PNG] * 30, PNG, b"\xff\xd8\xff" + bytes(30 * 2**20))
    (request,) = looking.requests
    assert len(request.images) == 10
    assert request.results["d1"] == request.results["d2"] == "[too large to attach]"


def test_the_history_keeps_no_bytes_of_pictures():
    big = PNG + bytes(100_000)
    run = run_of(Looking(), big)
    (call,) = run["t"].attempts[0].calls
    assert len(str(call.messages)) < 5_000
    assert "characters, " in str(call.messages)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "reply, result",
    [
        (ScriptedReply(images=[PNG]), Picture(PNG)),
        (ScriptedReply(images=[PNG, PNG]), [Picture(PNG)] * 2),
        (
            ScriptedReply(text="Here", images=[PNG]),
            {"text": "Here", "images": [Picture(PNG)]},
        ),
    ],
)
def test_pictures_that_a_model_makes_are_the_result(
    reply: Any, result: Any, stream: bool
):
    run = run_of(Looking(reply), stream=stream)
    assert run["t"].result == result


def test_such_a_result_is_seen_where_it_is_looked_at():
    run = run_of(Looking(ScriptedReply(images=[PNG])))
    page = run["t"]._repr_mimebundle_()["text/html"]
    assert base64.b64encode(PNG).decode()[:40] in page


def test_a_picture_can_be_saved(tmp_path: Any):
    file = Picture(PNG).save(tmp_path / "a.png")
    assert file.read_bytes() == PNG
    assert repr(Picture(PNG)) == f"Picture(image/png, {len(PNG)} bytes)"
