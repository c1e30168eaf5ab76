"""The house: imports go one way, and importing the package is quick."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbagents

PACKAGE = Path(nbagents.__file__).parent

# What each part may import of the others. Parts are folders, or files at the top.
ALLOWED: dict[str, set[str]] = {
    "redaction": set(),
    "errors": {"redaction"},
    "reporting": set(),
    "retrying": set(),
    "showing": {"redaction"},
    "coded": {"redaction", "showing"},
    "graph": {"errors", "redaction", "showing"},
    "digests": set(),
    "engine": {
        "coded",
        "digests",
        "errors",
        "graph",
        "redaction",
        "reporting",
        "retrying",
        "showing",
    },
    "journal": {"coded", "digests", "engine", "errors", "graph", "redaction"},
    "sandbox": {"errors", "redaction"},
    "models": {"errors", "graph", "redaction", "reporting", "retrying"},
    "testing": {"models"},
    "isolation": {"errors", "reporting"},
    "agents": {
        "coded",
        "digests",
        "errors",
        "graph",
        "isolation",
        "models",
        "redaction",
        "reporting",
        "retrying",
        "sandbox",
    },
    "planning": {"agents", "errors", "graph", "models", "redaction", "reporting"},
    "display": {
        "agents",
        "coded",
        "engine",
        "errors",
        "graph",
        "journal",
        "recorded",
        "redaction",
        "reporting",
    },
    "run": {"engine", "errors", "graph", "showing"},
    "recorded": {"engine", "errors", "journal", "showing"},
    "degrading": {
        "agents",
        "engine",
        "errors",
        "graph",
        "models",
        "planning",
        "redaction",
        "run",
    },
    "assembly": {
        "agents",
        "degrading",
        "engine",
        "errors",
        "graph",
        "journal",
        "models",
        "planning",
        "ready",
        "recorded",
        "repeating",
        "reporting",
        "retrying",
        "run",
    },
    "teammate": {
        "agents",
        "assembly",
        "digests",
        "engine",
        "errors",
        "graph",
        "models",
        "planning",
        "ready",
        "run",
        "within",
    },
    "orchestrator": {
        "agents",
        "assembly",
        "degrading",
        "engine",
        "errors",
        "given",
        "graph",
        "journal",
        "models",
        "planning",
        "ready",
        "redaction",
        "retrying",
        "run",
        "teammate",
        "telemetry",
    },
    "patterns": {
        "agents",
        "engine",
        "errors",
        "given",
        "graph",
        "journal",
        "models",
        "orchestrator",
        "planning",
        "recorded",
        "redaction",
        "reporting",
        "run",
    },
    "given": {"agents", "errors", "graph"},
    "within": {"engine", "errors", "reporting", "run"},
    "ready": {"agents", "engine", "errors", "models", "reporting"},
    "repeating": {
        "agents",
        "digests",
        "engine",
        "errors",
        "graph",
        "redaction",
        "run",
        "within",
    },
    "telemetry": {"engine", "redaction"},
    "__init__": {
        "agents",
        "coded",
        "engine",
        "errors",
        "graph",
        "models",
        "orchestrator",
        "patterns",
        "planning",
        "recorded",
        "reporting",
        "retrying",
        "run",
        "showing",
    },
}

# Who alone may import what, and never while nbagents is being imported.
OWNERS = {
    "IPython": {"display"},
    "anywidget": {"display"},
    "cloudpickle": {"isolation"},
    "genai_prices": {"models"},
    "graphviz": {"display"},
    "httpx2": {"models"},
    "hopx_ai": {"sandbox"},
    "ipywidgets": {"display"},
    "markdown_it": {"display"},
    "nest_asyncio2": {"engine"},
    "nh3": {"display"},
    "openai": {"models"},
    "opentelemetry": {"telemetry"},
    "psutil": {"isolation", "journal", "models"},
    "pytest": {"testing"},
    "sqlite3": {"journal"},
    "tenacity": {"retrying"},
    "traitlets": {"display"},
    "xllamacpp": {"models"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    for name in imported(path):
        if name.startswith("nbagents."):
            other = name.split(".")[1]
            assert other == part or other in ALLOWED[part], f"{part} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_library_has_one_owner(path: Path) -> None:
    for name in imported(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or part_of(path) in owners, f"{path} imports {name}"


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = {*OWNERS, "matplotlib", "pandas", "numpy", "pydantic"}
    code = f"import sys, nbagents; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_classes_stay_small_enough_to_read(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            assert (node.end_lineno or 0) - node.lineno <= 250, node.name


PUBLIC = [getattr(nbagents, name) for name in nbagents.__all__ if name != "Defect"]


def test_the_public_names_are_sorted() -> None:
    assert list(nbagents.__all__) == sorted(nbagents.__all__)


@pytest.mark.parametrize("value", PUBLIC, ids=lambda value: value.__name__)
def test_a_reader_sees_our_own_source_and_words(value: object) -> None:
    assert inspect.getdoc(value)
    source = inspect.getsourcefile(value)  # type: ignore[arg-type]
    assert source is not None
    assert Path(source).is_relative_to(PACKAGE)


@pytest.mark.parametrize("value", PUBLIC, ids=lambda value: value.__name__)
def test_signatures_show_types_not_strings(value: object) -> None:
    if isinstance(value, type) and "__init__" not in vars(value):
        return  # An exception that takes a message, like any other.
    for parameter in inspect.signature(value).parameters.values():  # type: ignore[arg-type]
        assert not isinstance(parameter.annotation, str), parameter
