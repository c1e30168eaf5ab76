"""program.py ID: be the program, and save the figures that are open at its end."""

import linecache
import os
import sys
import traceback
import types
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NAME = "program.py"  # What tracebacks call it.
MOST_FIGURES = 20


def program(folder: Path) -> None:
    """Run the program as if it had been started as a script in its folder."""
    path = folder / NAME
    source = path.read_text("utf-8")
    linecache.cache[NAME] = len(source), None, source.splitlines(keepends=True), NAME
    main = types.ModuleType("__main__")
    main.__file__ = str(path)
    sys.modules["__main__"] = main
    sys.argv[:] = [NAME]
    sys.path[0] = str(Path.cwd())
    own = os.getpid()
    try:
        exec(compile(source, NAME, "exec"), main.__dict__)  # noqa: S102 - what it is for
    except Exception as error:  # noqa: BLE001 - any at all
        show(error)
        sys.exit(1)
    finally:
        if os.getpid() == own:  # Not in what it forked.
            save_figures(folder / "figures")


def show(error: Exception) -> None:
    """Print a traceback without the lines of this file."""
    trace = error.__traceback__
    shown = trace.tb_next if trace else None
    traceback.print_exception(type(error), error, shown)


def save_figures(folder: Path) -> None:
    """Save what matplotlib has open, if the program has used it at all."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    numbers = pyplot.get_fignums()[:MOST_FIGURES] if pyplot else []
    for count, number in enumerate(numbers):
        try:
            pyplot.figure(number).savefig(folder / f"{count:03}.png", format="png")
        except Exception as error:  # noqa: BLE001 - one that fails costs only itself
            sys.stderr.write(f"Figure {number} could not be saved: {error}\n")


if __name__ == "__main__":
    program(HERE / sys.argv[1])
