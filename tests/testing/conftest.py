"""The fixtures under test."""

from nbagents.testing.plugin import offline, scripted_model

__all__ = ["offline", "scripted_model"]
