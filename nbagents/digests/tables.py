"""What arrays of numpy and tables of pandas consist of, without importing either."""

import sys
from collections.abc import Iterator
from typing import Any


def is_array(kind: type) -> bool:
    """Return whether objects of this class are arrays or numbers of numpy."""
    return _package(kind) == "numpy" and hasattr(kind, "tobytes")


def is_table(kind: type) -> bool:
    """Return whether objects of this class are tables, columns or indexes."""
    return _package(kind) == "pandas" and hasattr(kind, "memory_usage")


def array_size(value: Any) -> int:
    """Return the bytes of an array."""
    return int(value.nbytes)


def table_size(value: Any) -> int:
    """Return the bytes of a table, without the objects in it."""
    used = value.memory_usage()
    return int(used.sum() if hasattr(used, "sum") else used)


def of_array(value: Any) -> Iterator[Any]:
    """Yield what an array consists of."""
    yield str(value.dtype)
    yield value.shape
    yield value.tolist() if value.dtype.hasobject else value.tobytes()
    if hasattr(value, "mask"):
        yield sys.modules["numpy"].ma.getmaskarray(value).tobytes()


def of_table(value: Any) -> Iterator[Any]:
    """Yield what a table, a column or an index consists of."""
    yield getattr(value, "attrs", {})
    if hasattr(value, "columns"):
        yield [*_of_index(value.columns)]
        yield [*_of_index(value.index)]
        for number in range(value.shape[1]):
            yield [*_of_column(value.iloc[:, number])]
    elif hasattr(value, "index"):
        yield [value.name, *_of_index(value.index)]
        yield [*_of_column(value)]
    elif hasattr(value, "get_level_values"):
        yield [*_of_index(value)]
    else:  # a bare array of pandas
        yield from of_table(sys.modules["pandas"].Series(value))


def _of_index(index: Any) -> Iterator[Any]:
    yield type(index).__name__
    yield [*index.names]
    for number in range(index.nlevels):
        yield [*_of_column(index.get_level_values(number))]


def _of_column(column: Any) -> Iterator[Any]:
    """Yield the type of the values of a column or an index, and the values."""
    kind = column.dtype
    yield repr(kind)
    if hasattr(column.array, "codes"):  # categories: their order may count
        yield bool(kind.ordered)
        yield [*_of_column(kind.categories)]
        yield column.array.codes.tobytes()
    elif str(kind) == "object":
        # Hashing as pandas does it takes 1 and "1" for the same.
        yield column.tolist()
    elif isinstance(kind, sys.modules["numpy"].dtype):
        yield column.to_numpy().tobytes()
    else:
        from pandas.util import hash_array  # it is loaded: it made the value

        yield hash_array(column.array, categorize=False).tobytes()
        yield column.array.isna().tobytes()


def _package(kind: type) -> str:
    return kind.__module__.split(".")[0]
