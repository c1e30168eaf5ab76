"""Agents of the third lesson for tasks that are done many times, or not at all."""

from lesson import pause
from lesson_debugging import homes

from nbagents import agent

YEAR = 2014
HEADLINES = [
    "More homes were sold in Texas in 2014 than in the year before",
    "More homes sold in Texas than the year before",
    "Texas sells more homes",
]
_LONGEST = 50  # characters of a headline


@agent
def atlas(task, context):
    """Names the cities in which most homes were sold."""
    sold = homes[homes.year == YEAR].groupby("city").sales.sum()
    return list(sold.nlargest(3).index)


@agent
def surveyor(task, context):
    """Counts the homes sold in one city."""
    pause()
    city = context["cities"]
    there = homes[(homes.year == YEAR) & (homes.city == city)]
    return f"{city} {there.sales.sum():,.0f}"


@agent
def clerk(task, context):
    """Writes one line."""
    return ", ".join(context["sold"])


@agent
def checker(task, context):
    """Says which years are missing."""
    pause()
    return "nothing" if str(YEAR) in context["sold"] else f"{YEAR} is missing"


@agent
def headliner(task, context):
    """Writes a headline, shorter than the one before."""
    pause()
    before = [text for text in context.values() if text in HEADLINES]
    return HEADLINES[HEADLINES.index(before[-1]) + 1 if before else 0]


@agent
def critic(task, context):
    """Judges headlines."""
    pause()
    text = list(context.values())[-1]
    return "ACCEPT" if len(text) <= _LONGEST else "That is too long."
