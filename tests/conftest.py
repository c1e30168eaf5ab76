"""What every test gets: a machine without a network."""

from collections.abc import Iterator

import pytest

import network_guard

network_guard.install()
network_guard.guard_children()


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail the test that reached for the network, even where something hid it."""
    before = len(network_guard.refused)
    yield
    assert network_guard.refused[before:] == []
