"""Becomes the program: puts up the walls around itself, then runs the code.

`python -I launcher.py READY`, with what to do as JSON on its standard input. It says
through READY that the walls stand, and the program begins only after that.
"""

import json
import os
import site
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

_OWN = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, _OWN)

if TYPE_CHECKING:
    from nbagents.sandbox.local.inside import walls
else:  # It is beside this file, where -I does not look.
    import walls

_NAME = "program.py"


def main() -> int:
    """Do what standard input says; return how the program ended."""
    ready = int(sys.argv[1])
    walls.die_with_parent()
    setup = json.loads(sys.stdin.buffer.read())
    _standard_input_of_nothing()
    os.chdir(setup["work"])
    walls.limit(setup["rlimits"])
    walls.put_up(setup)
    os.write(ready, b"1")
    os.close(ready)
    _prepare(setup)
    return _run(setup["code"], lambda: _save_figures(setup["figures"], setup["most"]))


def _standard_input_of_nothing() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _prepare(setup: dict[str, Any]) -> None:
    sys.path.remove(_OWN)
    for folder in setup["packages"]:
        if folder not in sys.path:
            site.addsitedir(folder)
    sys.path.insert(0, setup["work"])
    sys.argv[:] = [_NAME]
    for stream in (sys.stdout, sys.stderr):
        # What was printed before a kill is worth having.
        stream.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8", errors="backslashreplace", line_buffering=True
        )


def _run(code: str, at_end: Callable[[], None]) -> int:
    main_module = types.ModuleType("__main__")
    sys.modules["__main__"] = main_module
    ended: BaseException | None = None
    try:
        exec(compile(code, _NAME, "exec"), vars(main_module))  # noqa: S102 - for this
    except BaseException as error:  # noqa: BLE001 - told as Python tells it
        ended = error
    try:
        at_end()
    except BaseException as error:  # noqa: BLE001 - the program may have broken it
        sys.stderr.write(f"The figures could not be saved: {type(error).__name__}\n")
    return _told(ended, code)


def _told(error: BaseException | None, code: str) -> int:
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        return _exit_code(error.code)
    import linecache
    import traceback

    lines = code.splitlines(keepends=True)
    linecache.cache[_NAME] = (len(code), None, lines, _NAME)
    at = error.__traceback__
    below = at.tb_next if at else None
    traceback.print_exception(type(error), error, below)
    return 1


def _exit_code(code: object) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _save_figures(folder: str, most: int) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for place, number in enumerate(pyplot.get_fignums()[:most]):
        pyplot.figure(number).savefig(f"{folder}/{place:03}.png", format="png")


if __name__ == "__main__":
    sys.exit(main())
