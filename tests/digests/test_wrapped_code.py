"""Fingerprints of code that reaches a function by way of something installed."""

import sys
from pathlib import Path

import pytest

from nbagents.digests import fingerprint
from nbagents.digests.code import Fingerprint

F = "def f(task, context): return helper(1)\n"
HELPER = "def helper(x): return SAID\n"

# Cells in which SAID is what the author changes; each defines `f`.
CELLS = {
    "cache": "import functools\n@functools.cache\n" + HELPER + F,
    "lru_cache": "import functools\n@functools.lru_cache(maxsize=9)\n" + HELPER + F,
    "size of a cache": "import functools\n@functools.lru_cache(maxsize=len(SAID))\n"
    "def helper(x): return x\n" + F,
    "singledispatch": "import functools\n@functools.singledispatch\n" + HELPER + F,
    "context manager": "import contextlib\n@contextlib.contextmanager\n"
    "def helper(x): yield SAID\n"
    "def f(task, context):\n  with helper(1) as got: return got\n",
    "context manager on the agent": "import contextlib\n@contextlib.contextmanager\n"
    "def timed(): yield\n@timed()\ndef f(task, context): return SAID\n",
    "itemgetter": "import operator\ng = operator.itemgetter(SAID)\n"
    "def f(task, context): return g(context)\n",
    "methodcaller": "import operator\ng = operator.methodcaller(SAID)\n"
    "def f(task, context): return g(task)\n",
    "method of a pattern": "import re\ng = re.compile(SAID).findall\n"
    "def f(task, context): return g(task)\n",
    "method of text": "g = SAID.format\ndef f(task, context): return g(task)\n",
    "cached property": "import functools\nclass A:\n  @functools.cached_property\n"
    "  def helper(self): return SAID\ndef f(task, context): return A().helper\n",
    "metaclass": "class M(type):\n  def helper(cls): return SAID\n"
    "class A(metaclass=M): pass\ndef f(task, context): return A.helper()\n",
    "docstring of a class": "class A:\n  __doc__ = SAID\n"
    "def f(task, context): return A.__doc__\n",
    "annotation of a class": "class A:\n  x: SAID\n"
    "def f(task, context): return A.__annotations__\n",
    "field of a dataclass": "from dataclasses import dataclass, field\n@dataclass\n"
    "class A:\n  x: str = field(default=SAID)\ndef f(task, context): return A()\n",
    "field of a model": "from pydantic import BaseModel, Field\nclass A(BaseModel):\n"
    "  x: str = Field('', description=SAID)\ndef f(task, context): return A\n",
    "factory of a field": "from pydantic import BaseModel, Field\n"
    "class A(BaseModel):\n  x: str = Field(default_factory=lambda: SAID)\n"
    "def f(task, context): return A()\n",
    "field of a model inside": "from pydantic import BaseModel, Field\n"
    "class B(BaseModel):\n  x: str = Field('', description=SAID)\n"
    "class A(BaseModel):\n  y: list[B]\ndef f(task, context): return A\n",
    "attribute of a class": "class A:\n  __own__ = SAID\n"
    "def f(task, context): return A.__own__\n",
    "annotation of the agent": "def f(task: SAID, context): return f.__annotations__\n",
    "validate_call": "from pydantic import validate_call\n@validate_call\n"
    "def f(task: str, context: dict): return SAID\n",
    "seeded chance": "import random\nr = random.Random(SAID)\n"
    "def f(task, context): return r.random()\n",
    "global by its text": "K = SAID\ndef f(task, context): return globals()['K']\n",
    "partial of a helper": "import functools\n" + HELPER + "h = functools.partial"
    "(helper)\ndef f(task, context): return h(1)\n",
    "function in a dict": HELPER + "D = {'k': helper}\n"
    "def f(task, context): return D['k'](1)\n",
    "ufunc": "import numpy\nu = numpy.frompyfunc(lambda x: SAID, 1, 1)\n"
    "def f(task, context): return u(1)\n",
    "vectorized": "import numpy\nu = numpy.vectorize(lambda x: SAID)\n"
    "def f(task, context): return u(1)\n",
    "compared by a key": "import functools\nk = functools.cmp_to_key"
    "(lambda a, b: len(SAID))\ndef f(task, context): return sorted(task, key=k)\n",
    "registered later": "import functools\n@functools.singledispatch\n"
    "def helper(x): return 0\n@helper.register\ndef _(x: int): return SAID\n" + F,
}

# What has nothing to tell it by, or a validator without content, is only itself.
ONLY_ITSELF = {
    "ufunc",
    "compared by a key",
    "validate_call",
    "context manager on the agent",
}


def taken(cell: str, said: str) -> Fingerprint:
    names = {"__name__": "__main__"}
    exec(cell.replace("SAID", repr(said)), names)
    return fingerprint(names["f"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CELLS)
def test_a_change_behind_something_installed_is_a_change(name: str) -> None:
    assert not taken(CELLS[name], "upper").same_as(taken(CELLS[name], "lower!"))


@pytest.mark.parametrize("name", sorted(CELLS.keys() - ONLY_ITSELF))
def test_a_cell_that_is_run_again_defines_the_same(name: str) -> None:
    assert taken(CELLS[name], "upper").same_as(taken(CELLS[name], "upper"))


@pytest.mark.parametrize("name", CELLS)
def test_another_kernel_tells_the_same_of_the_same_code(name: str) -> None:
    one, again = taken(CELLS[name], "upper"), taken(CELLS[name], "upper")
    assert one.lasting == again.lasting


CLIENT = "class Client:\n  def __init__(self): self.lock = object()\n"


@pytest.mark.parametrize(
    "define",
    [
        "def f(task, context, client=client): return client\n",
        "from functools import partial\nf = partial(lambda c, t, context: c, client)\n",
        "from functools import partial\nf = partial(lambda t, c, d: d, d=client)\n",
        "def f(task, context): return client\n",
        "def f(task, context, *, client=client): return client\n",
    ],
    ids=["default", "partial", "keyword of a partial", "global", "keyword"],
)
def test_functions_over_one_client_are_the_same(define: str) -> None:
    names = {"__name__": "__main__"}
    exec(CLIENT + "client = Client()\n" + define, names)
    before = fingerprint(names["f"])  # type: ignore[arg-type]
    exec(define, names)
    assert fingerprint(names["f"]).same_as(before)  # type: ignore[arg-type]
    exec("client = Client()\n" + define, names)
    assert not fingerprint(names["f"]).same_as(before)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "later",
    [
        "def helper(x): return 2",
        "word = 'b'",
        "A.method = lambda self: 2",
        "f.__code__ = (lambda task, context: 2).__code__",
        "f.__defaults__ = (5,)",
        "missing = 1",
    ],
)
def test_a_name_that_leads_elsewhere_is_noticed(later: str) -> None:
    names = {"__name__": "__main__"}
    exec(
        "def helper(x): return 1\nword = 'a'\nclass A:\n  def method(self): return 1\n"
        "def f(task, context, n=1):\n"
        "  return len(word), helper(1), A().method(), missing\n",
        names,
    )
    before = fingerprint(names["f"])  # type: ignore[arg-type]
    assert before.holds
    exec("unused = 3", names)
    assert before.holds
    exec(later, names)
    assert not before.holds


def test_a_huge_global_is_told_by_identity() -> None:
    names = {"__name__": "__main__", "huge": [[i] for i in range(50_000)]}
    cell = "def f(task, context): return len(huge)"
    exec(cell, names)
    before = fingerprint(names["f"])  # type: ignore[arg-type]
    exec(cell, names)
    assert fingerprint(names["f"]).same_as(before)  # type: ignore[arg-type]
    names["huge"] = [[i] for i in range(50_000)]
    assert not fingerprint(names["f"]).same_as(before)  # type: ignore[arg-type]


NOTICED = {
    "helper in a container": (
        (
            "def g(): return 1\ndef tool(): return g()\nTOOLS = {'k': tool}\n"
            "def f(task, context): return TOOLS['k']()\n"
        ),
        "def g(): return 2\n",
    ),
    "helper in an object": (
        (
            "def g(): return 1\ndef tool(): return g()\n"
            "class T:\n  def __init__(self, tool): self.tool = tool\n"
            "t = T(tool)\ndef f(task, context): return t.tool()\n"
        ),
        "def g(): return 2\n",
    ),
    "method of an object in a list": (
        (
            "class L:\n  def m(self): return 1\nTOOLS = [L()]\n"
            "def f(task, context): return TOOLS[0].m()\n"
        ),
        "L.m = lambda self: 2\n",
    ),
    "method that hides one of its base": (
        (
            "class B:\n  def m(self): return 1\nclass A(B): pass\n"
            "def f(task, context): return A().m()\n"
        ),
        "A.m = lambda self: 2\n",
    ),
    "builtin that is hidden": (
        "def f(task, context): return len(task)\n",
        "len = lambda task: 2\n",
    ),
    "class of an object": (
        (
            "class A:\n  def m(self): return 1\nclass C:\n  def m(self): return 2\n"
            "a = A()\ndef f(task, context): return a.m()\n"
        ),
        "a.__class__ = C\n",
    ),
    "registered in a later cell": (
        (
            "import functools\n@functools.singledispatch\ndef h(x): return 1\n"
            "def f(task, context): return h(1)\n"
        ),
        "@h.register\ndef _(x: int): return 2\n",
    ),
    "static method by a dunder": (
        "class A:\n  def __new__(cls): return 1\ndef f(task, context): return A()\n",
        "class A:\n  def __new__(cls): return 2\n",
    ),
    "field that is not compared": (
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass P:\n"
            "  k: str = field(default='', compare=False)\np = P('1')\n"
            "def f(task, context): return p.k\n"
        ),
        "p = P('2')\n",
    ),
    "module of a package": (
        "import own_package.part\ndef f(task, context): return own_package.part.h()\n",
        "own_package.part.h = lambda: 2\n",
    ),
    "module imported inside": (
        "def f(task, context):\n  from own_package.part import h\n  return h()\n",
        "import own_package.part\nown_package.part.h = lambda: 2\n",
    ),
}


@pytest.mark.parametrize("name", NOTICED)
def test_a_change_somewhere_below_is_noticed_without_a_word(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("def h(): return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("own_package", "own_package.part"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    cell, later = NOTICED[name]
    names = {"__name__": "__main__"}
    exec("import own_package.part\n" + cell, names)
    before = fingerprint(names["f"])  # type: ignore[arg-type]
    assert before.holds
    exec(later, names)
    assert not before.holds
    assert not fingerprint(names["f"]).same_as(before)  # type: ignore[arg-type]


def test_an_array_of_ten_megabytes_is_told_by_its_content() -> None:
    cell = "import numpy\nA = numpy.zeros(10 * 2**20, dtype='int8')\n"
    names = {"__name__": "__main__"}
    exec(cell + "def f(task, context): return A", names)
    before = fingerprint(names["f"])  # type: ignore[arg-type]
    exec(cell, names)
    assert fingerprint(names["f"]).same_as(before)  # type: ignore[arg-type]
