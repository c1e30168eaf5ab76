"""Where the boxes of a picture stand, and how its arrows run.

A ladder, each step taken when the one before it cannot be: the program of the
package graphviz-pure, which draws the same on every machine; Graphviz' own `dot`;
a layered layout in plain Python. Graphviz is asked for positions only, and told
nothing but sizes, so no text from a plan can reach it on this way.
"""

import json
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Point = tuple[float, float]

TIMEOUT = 4.0
"""Seconds that a layout may take; 300 boxes take about a fifth of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Boxes by size, and arrows between them by position.

    Attributes:
        sizes: Width and height of each box, in pixels.
        edges: Position of the tail and of the head of each arrow.
        sideways: Whether it is to run from left to right, not from top to bottom.
    """

    sizes: tuple[tuple[float, float], ...]
    edges: tuple[tuple[int, int], ...]
    sideways: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything stands, in pixels from the upper left corner.

    Attributes:
        width: Of the whole picture.
        height: The same.
        centres: The middle of each box.
        curves: Each arrow as a cubic spline: 3n + 1 points, tail to head.
    """

    width: float
    height: float
    centres: tuple[Point, ...]
    curves: tuple[tuple[Point, ...], ...]


# A run draws the same graph many times: at its start and at each of its stops.
@lru_cache(maxsize=32)
def lay_out(graph: Graph) -> Layout:
    """Return where the boxes and arrows of `graph` go, by the best means there is."""
    for program in programs():
        try:
            return from_program(program, graph)
        except subprocess.TimeoutExpired:
            break  # What is too much for one is too much for the other.
        except Exception:  # noqa: BLE001, S112 - whatever is wrong, the next step draws
            continue
    from nbagents.display import layered

    return layered.lay_out(graph)


def programs() -> Iterator[str]:
    """Yield the layout programs of this machine, best first."""
    # A kernel's PATH may lack the folder that its own packages' programs are in.
    own = sysconfig.get_path("scripts")
    found = shutil.which("graphviz-pure", path=own) or shutil.which("graphviz-pure")
    for program in (found, shutil.which("dot")):
        if program:
            yield program


def from_program(program: str, graph: Graph) -> Layout:
    """Return the layout that a program with the command line of `dot` finds.

    Raises:
        subprocess.SubprocessError: It failed, or took longer than `TIMEOUT`.
        OSError: It could not be started.
        ValueError: Its answer is not understood.
    """
    from nbagents.display import digraph

    done = subprocess.run(
        [program, "-Tjson0"],
        input=digraph.skeleton(graph).encode(),
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
        # On Windows a kernel has no console, and one would flash up.
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    return _parse(json.loads(done.stdout), graph)


def _parse(drawn: dict[str, Any], graph: Graph) -> Layout:
    _, _, width, height = map(float, drawn["bb"].split(","))
    # Graphviz counts upwards. Left as it is where the graph runs sideways: there it
    # puts the first of several boxes at the bottom.
    top = 0.0 if graph.sideways else height
    centres = {
        each["name"]: _points(each["pos"], top)[0] for each in drawn.get("objects", ())
    }
    curves = {
        (each["tail"], each["head"]): _points(each["pos"], top)
        for each in drawn.get("edges", ())
    }
    # Graphviz numbers its objects in the order of their first mention, as we do.
    return Layout(
        width=width,
        height=height,
        centres=tuple(centres[f"n{n}"] for n in range(len(graph.sizes))),
        curves=tuple(curves[edge] for edge in graph.edges),
    )


def _points(text: str, top: float) -> tuple[Point, ...]:
    pairs = (pair.split(",") for pair in text.split())
    return tuple((float(x), abs(top - float(y))) for x, y in pairs)
