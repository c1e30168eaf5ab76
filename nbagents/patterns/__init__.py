"""Patterns of working together, each a small class that makes a plan.

What runs is a plan like any other, by an `Orchestrator`: it is drawn, stepped, edited,
limited and recorded as one. docs/patterns.md says when to use which.
"""

from nbagents.patterns.dynamic import DynamicTeam
from nbagents.patterns.hierarchy import Hierarchy
from nbagents.patterns.pipeline import Pipeline
from nbagents.patterns.router import Router

__all__ = ["DynamicTeam", "Hierarchy", "Pipeline", "Router"]
