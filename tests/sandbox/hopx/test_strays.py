"""Sandboxes that were left behind are found and killed, and those of others are not."""

import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nbagents.errors import SandboxError
from sandbox.hopx.fake_hopx import KEY, Box, FakeHopx
from sandbox.hopx.opened import OWNER, hopx, opened

ORDER = {"template_name": "code-interpreter", "timeout_seconds": 600}


def left(fake: FakeHopx, owner: str, seconds: int = 600) -> Box:
    """Leave a sandbox behind, as a process that died does."""
    box = fake.add(ORDER | {"timeout_seconds": seconds})
    (box.folder / ".nbagents").mkdir()
    text = json.dumps({"owner": owner})
    (box.folder / ".nbagents" / "owner.json").write_text(text)
    return box


def test_strays_are_found_by_their_owner(fake: FakeHopx) -> None:
    fake.add(ORDER)  # somebody's who does not use nbagents
    for owner in ("run1/a/1", "run1/b/1", "run10/a/1"):
        left(fake, owner)
    used = opened(fake)
    found = hopx(fake).strays()
    assert [each.owner for each in found] == ["run1/a/1", "run1/b/1", "run10/a/1"]
    assert found[0].ends == fake.boxes["box2"].ends
    assert [each.name for each in hopx(fake).strays("run1")] == ["box2", "box3"]
    assert [each.name for each in hopx(fake).strays("run1/b/1")] == ["box3"]
    assert hopx(fake).strays("run") == ()
    used.close()


def test_strays_are_killed_and_nothing_else_is(fake: FakeHopx) -> None:
    other = left(fake, "run2/a/1")
    left(fake, "run1/a/1")
    used = opened(fake)
    killed = hopx(fake).kill_strays("run1")
    assert [each.owner for each in killed] == ["run1/a/1"]
    assert fake.alive == [other.name, used.name]
    used.close()


def test_strays_that_cannot_be_killed_are_named(fake: FakeHopx) -> None:
    left(fake, "run1/a/1")
    left(fake, "run1/b/1")
    fake.fail("DELETE .*box1", status=403)
    with pytest.raises(SandboxError, match="box1 could not be killed"):
        hopx(fake).kill_strays("run1")
    assert fake.alive == ["box1"]


def test_what_could_not_be_killed_is_a_stray_of_this_process(fake: FakeHopx) -> None:
    session = opened(fake)
    fake.fail("DELETE", status=403)
    with pytest.raises(SandboxError):
        session.close()
    fake.heal()
    assert [each.owner for each in hopx(fake).kill_strays("run7")] == [OWNER]
    assert fake.alive == []


def test_a_stray_whose_agent_is_dead_holds_nobody_up(fake: FakeHopx) -> None:
    left(fake, "run1/a/1")
    left(fake, "run1/b/1")
    fake.fail("/agent/box1", hang=True)
    assert [each.name for each in hopx(fake, deadline=1).strays()] == ["box2"]


def test_that_strays_cannot_be_told_is_an_error(fake: FakeHopx) -> None:
    fake.fail("GET /v1/sandboxes", status=500)
    with pytest.raises(SandboxError, match="looking for strays"):
        hopx(fake).strays()


def test_a_page_that_comes_again_and_again_ends(fake: FakeHopx) -> None:
    said = {"data": [], "has_more": True, "next_cursor": "1"}
    fake.fail("GET /v1/sandboxes", status=200, body=said)
    assert hopx(fake).strays() == ()


def test_a_stray_shows_no_key(fake: FakeHopx) -> None:
    left(fake, f"run1/{KEY}/1")
    assert KEY not in repr(hopx(fake).strays())


# --- what a request that failed may have made


@pytest.fixture
def same_label(monkeypatch: pytest.MonkeyPatch) -> int:
    """Have each request ask for the same lifetime."""
    monkeypatch.setattr(secrets, "choice", lambda free: free[0])
    return 401


def failing(fake: FakeHopx) -> None:
    fake.fail("POST /v1/sandboxes$", status=500, done=True)
    with pytest.raises(SandboxError):
        opened(fake)


def test_a_sandbox_with_the_same_label_that_is_owned_is_left_alone(
    fake: FakeHopx, same_label: int
) -> None:
    box = left(fake, "run1/a/1", same_label)
    failing(fake)
    assert fake.boxes["box2"].order["timeout_seconds"] == same_label
    assert fake.alive == [box.name]


def test_one_that_is_older_than_the_request_is_left_alone(
    fake: FakeHopx, same_label: int
) -> None:
    box = fake.add(ORDER | {"timeout_seconds": same_label})
    box.created = box.created.replace(year=2020)
    failing(fake)
    assert fake.alive == [box.name]


def test_one_of_another_template_is_left_alone(fake: FakeHopx, same_label: int) -> None:
    box = fake.add({"template_name": "desktop", "timeout_seconds": same_label})
    failing(fake)
    assert fake.alive == [box.name]


def test_requests_of_one_process_have_labels_of_their_own(
    fake: FakeHopx, same_label: int
) -> None:
    go_on = threading.Event()
    fake.fail("POST /v1/sandboxes$", hold=go_on)
    with ThreadPoolExecutor(2) as threads:
        sessions = [threads.submit(opened, fake) for _ in range(2)]
        fake.wait_for("POST /v1/sandboxes$", 2)
        go_on.set()
        for each in sessions:
            each.result(20).close()
    assert {each["timeout_seconds"] for each in fake.bodies[:2]} == {401, 402}


def test_one_that_comes_late_is_killed_when_it_comes(fake: FakeHopx) -> None:
    go_on = threading.Event()
    fake.fail("POST /v1/sandboxes$", hold=go_on)
    with pytest.raises(SandboxError, match="did not answer in time"):
        opened(fake, deadline=1)
    assert fake.boxes == {}
    go_on.set()
    fake.wait_for("DELETE /v1/sandboxes/box1")
    fake.wait_until_none_is_alive()


def test_that_nothing_could_be_found_out_is_said_with_the_end(fake: FakeHopx) -> None:
    fake.fail("/v1/sandboxes$", status=500, done=True)
    fake.fail("GET /v1/sandboxes", status=500)
    with pytest.raises(SandboxError) as caught:
        opened(fake)
    notes = "".join(caught.value.__notes__)
    assert "A sandbox may have been made; its lifetime ends it at " in notes


def test_one_that_was_made_and_cannot_be_killed_is_named(fake: FakeHopx) -> None:
    fake.fail("POST /v1/sandboxes$", status=500, done=True)
    fake.fail("DELETE", status=403)
    with pytest.raises(SandboxError) as caught:
        opened(fake)
    assert "box1 could not be killed" in "".join(caught.value.__notes__)
