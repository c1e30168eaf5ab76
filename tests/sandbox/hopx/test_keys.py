"""The key of HopX, and the tokens it gives, are shown nowhere."""

import logging
import subprocess
import sys
import traceback

import pytest

from nbagents.errors import SandboxError
from nbagents.sandbox.hopx import HopxSandbox
from nbagents.sandbox.hopx.access import access
from sandbox.hopx.fake_hopx import KEY, FakeHopx
from sandbox.hopx.opened import OWNER, hopx, opened


def test_no_repr_shows_the_key(fake: FakeHopx) -> None:
    sandbox = hopx(fake)
    session = sandbox.open(OWNER)
    session.close()
    for each in (sandbox, session, session._control, session._agent, session._box):
        assert KEY not in repr(each)
    assert KEY not in repr(access(KEY, None))


def test_no_error_shows_the_key_that_a_server_quotes(fake: FakeHopx) -> None:
    fake.fail("POST", status=401, body={"error": f"the key {KEY} is over"})
    with pytest.raises(SandboxError) as caught:
        opened(fake)
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown + repr(caught.value)
    assert "the key [redacted" in shown


def test_nothing_that_is_logged_holds_a_key_or_a_token(
    fake: FakeHopx, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.fail("execute", status=500, times=1)
    session = opened(fake)
    session.run("print(1)")
    session.close()
    logged = "".join(map(logging.Formatter().format, caplog.records))
    assert "retrying in" in logged
    assert KEY not in logged
    assert "token-of-box1" not in logged


def test_its_library_prints_nothing_into_a_notebook() -> None:
    code = (
        "import logging, nbagents.sandbox.hopx.api as api\n"
        "api.library()\n"
        "logging.getLogger('hopx_ai._agent_client').warning('retrying')"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_without_a_key_both_ways_out_are_named() -> None:
    with pytest.raises(SandboxError, match="there is no key for HopX") as caught:
        HopxSandbox().open(OWNER)
    assert "HOPX_API_KEY" in caught.value.__notes__[0]
    assert 'sandbox="local"' in caught.value.__notes__[0]


@pytest.mark.parametrize("key", ["a b", "schlüssel", "one\ntwo"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    with pytest.raises(SandboxError, match="the key for HopX holds") as caught:
        HopxSandbox(api_key=key).open(OWNER)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["api.hopx.dev", "ftp://x", "http://me:secret@x", "http://x:0", "http://["]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SandboxError, match="must be a web address") as caught:
        HopxSandbox(api_key=KEY, base_url=url).open(OWNER)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("lifetime", [0, 59, None, True, 90_000, 600.0, "600"])
def test_there_is_no_sandbox_without_a_lifetime(lifetime: object) -> None:
    with pytest.raises(SandboxError, match="lifetime must be 60 to 86400 seconds"):
        HopxSandbox(lifetime=lifetime)  # type: ignore[arg-type]


@pytest.mark.parametrize("deadline", [0, -1, float("inf"), float("nan"), True])
def test_there_is_no_call_without_a_deadline(deadline: float) -> None:
    with pytest.raises(SandboxError, match="deadline must be"):
        HopxSandbox(deadline=deadline)
