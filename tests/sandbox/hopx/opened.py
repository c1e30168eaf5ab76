"""Ways to get a sandbox of the fake."""

from typing import Any

from nbagents.sandbox.hopx import HopxSandbox
from nbagents.sandbox.hopx.session import HopxSession
from sandbox.hopx.fake_hopx import KEY, FakeHopx

OWNER = "run7/clean/1"


def hopx(fake: FakeHopx, **more: Any) -> HopxSandbox:
    """Return sandboxes of the fake, with time enough for a slow machine."""
    given = {"api_key": KEY, "base_url": fake.url, "deadline": 30, **more}
    return HopxSandbox(**given)


def opened(fake: FakeHopx, **more: Any) -> HopxSession:
    return hopx(fake, **more).open(OWNER)


def hurried(session: HopxSession) -> HopxSession:
    """Return a session that waits no longer: what it asks for from now on fails."""
    session._terms.deadline = 0.5
    return session


def times_run(fake: FakeHopx) -> int:
    """Return how often `COUNTED` was executed in all sandboxes there ever were."""
    marks = [each.folder / "work" / "ran" for each in fake.boxes.values()]
    return sum(each.stat().st_size for each in marks if each.exists())


COUNTED = "open('ran', 'a').write('x'); print('done')"
