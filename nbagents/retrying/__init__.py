"""Trying again: whether it is worth it, how often, and how long to wait before."""

from nbagents.retrying.advice import MOST_TOLD, status_of, told_to_wait
from nbagents.retrying.policy import Retry
from nbagents.retrying.worth import is_worth_it

__all__ = ["MOST_TOLD", "Retry", "is_worth_it", "status_of", "told_to_wait"]
