"""What sees to programs where the kernel's Landlock is older: the filter alone."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from nbagents.sandbox.local import command, levels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has it.")

BEGIN = f"""
import os, signal, socket, subprocess, sys
sys.path.insert(0, {command.INSIDE!r})
import landlock, seccomp, walls
landlock.version = lambda: 1
open('file', 'w').write('content')
child = subprocess.Popen(['sleep', '2'], stdout=-3, stderr=-3)
seccomp.install(walls._rules('landlock'))
"""


def told(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "os.kill(child.pid, signal.SIGKILL)",
        "os.kill(os.getppid(), 0)",
        "signal.pidfd_send_signal(os.pidfd_open(child.pid), 0)",
        "os.truncate('file', 0)",
        "os.chown('file', 0, 0)",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "os.open('file', os.O_RDONLY | os.O_TRUNC)",
    ],
)
def test_it_is_refused(code: str, tmp_path: Path) -> None:
    assert "PermissionError" in told(code, tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        "os.kill(os.getpid(), 0)",
        "socket.socketpair()",
        "open('file', 'w').write('new')",
        "open('file', 'r+').truncate(0)",
        "import shutil; shutil.copy2('file', 'copy')",
        "subprocess.run(['true'], check=True)",
        "import threading as t; p = t.Thread(target=int); p.start(); p.join()",
    ],
)
def test_what_programs_need_still_works(code: str, tmp_path: Path) -> None:
    assert told(f"{code}; print('done')", tmp_path).endswith("done\n")


def test_both_architectures_have_the_calls_that_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = levels.inside("syscalls").ARCHITECTURES
    x86, arm = known["x86_64"][1], known["aarch64"][1]
    gone_on_arm = {"open", "chmod", "chown", "lchown", "utime", "utimes", "futimesat"}
    assert x86.keys() - arm.keys() == gone_on_arm
    assert not arm.keys() - x86.keys()
    assert len(set(arm.values())) == len(arm)
    assert len(set(x86.values())) == len(x86)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    seccomp = levels.inside("seccomp")
    assert len(seccomp.compiled(seccomp.SURFACE)) % 8 == 0
