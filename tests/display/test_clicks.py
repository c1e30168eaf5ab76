"""The door for clicks stays as it was where ipykernel is not as expected."""

import pytest

from nbagents.display.clicks import let_in


class Comm:
    def _reply_subshell_for(self, data, default):
        return "main"


class Other:
    def _reply_subshell_for(self, message):
        return "main"


class Closed(Comm):
    __slots__ = ()

    def __setattr__(self, name, value):
        raise AttributeError(name)


class Named:
    _reply_subshell_for = "main"


def test_what_a_comm_is_told_is_seen_to_where_it_arrives():
    comm = Comm()
    assert let_in(comm)
    assert comm._reply_subshell_for({"method": "custom"}, "subshell") == "subshell"


@pytest.mark.parametrize("comm", [None, object(), Other(), Named(), Closed()])
def test_any_other_comm_is_left_as_it_is(comm):
    before = getattr(comm, "_reply_subshell_for", None)
    assert not let_in(comm)
    assert getattr(comm, "_reply_subshell_for", None) == before
