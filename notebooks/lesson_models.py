"""What the lesson on models needs beside its own cells.

The models stand in for language models: rules, no intelligence, no network. Every
figure they write they read from what a tool returned or from the results in the prompt
they get, as a real model would. Their prices are what a real one might cost.
"""

import json
import re
import struct

from lesson import pause
from lesson_debugging import chart_maker, homes

from nbagents import agent
from nbagents.testing import ScriptedError, ScriptedModel, ScriptedReply, in_turn

__all__ = ["broken", "chart_maker", "clerk", "homes", "model", "sales"]

PRICE = (2.5, 10)


@agent
def clerk(task, context):
    """Has the homes sold in each of the last five years that are whole."""
    pause()
    whole = homes[homes.year < homes.year.max()]
    return whole.groupby("year").sales.sum().tail(5).astype(int).to_dict()


@agent
def sales(task, context):
    """Has the homes sold, a row for each month and a column for each year."""
    pause()
    return homes.pivot_table("sales", "month", "year", aggfunc="sum")


# What follows is the stand-in for a language model.


def report(request):
    """Word the first and the last of the years in the prompt."""
    sold = json.loads(request.results["sales"])
    (first, before), *_, (last, now) = sold.items()
    percent = 100 * (now / before - 1)
    said = f"In {last}, {now:,} homes were sold in Texas, {percent:+.1f} % on {first}."
    if "in a sentence" in request.prompt:
        return said
    yearly = ", ".join(f"{count:,} in {year}" for year, count in sold.items())
    return f"{said} Year by year: {yearly}."


def compare(request):
    """Ask the tool about two cities, the second misspelt at first, and compare."""
    if not request.returned:
        asked = [{"city": city, "year": 2014} for city in ("Dallas", "San Antone")]
        return ScriptedReply(calls=[("homes_sold", each) for each in asked])
    *others, last = request.returned
    if not last.isdigit():
        right = {"city": re.findall(r"'(San \w+)'", last)[-1], "year": 2014}
        return ScriptedReply(calls=[("homes_sold", right)])
    dallas, other = int(others[0]), int(last)
    more = "more" if dallas > other else "fewer"
    by = f"{abs(dallas - other):,} {more} than San Antonio"
    return f"Dallas sold {dallas:,} homes in 2014, {by}."


def mail(request):
    """Send what the report says, and tell what became of it."""
    if not request.returned:
        letter = {"to": "all@example.org", "text": request.results["report"]}
        return ScriptedReply(calls=[("send", letter)])
    said = request.returned[-1]
    if said == "sent":
        return "The mail is on its way."
    return f"The mail was not sent: {said.rpartition('Error: ')[2]}."


def typed(request):
    """Put the growth as a number; at first in words, as models do."""
    conversation = "\n".join(str(each["content"]) for each in request.messages)
    sold = json.loads(re.search(r'\{"20.*?\}', conversation, re.DOTALL)[0])
    before, now = list(sold.values())[-2:]
    growth = round(100 * (now / before - 1), 1)
    asked_again = request.prompt.startswith("This does not fit")
    return {
        "title": f"{now:,} homes sold",
        "growth": growth if asked_again else f"up by {growth} %",
    }


def look(request):
    """Measure the picture: that is all that rules can see."""
    width, height = struct.unpack(">II", request.images[0][16:24])
    seen = f"one picture, {width} by {height} points"
    return f"I was shown {seen}. A real model would read it."


model = ScriptedModel(
    [
        (re.compile(r"Your task:\n.*[Cc]ompare"), compare),
        (re.compile(r"Your task:\n.*[Mm]ail"), mail),
        (re.compile(r"Your task:\n.*[Ll]ook"), look),
        (re.compile(r"Your task:\n.*growth|does not fit"), typed),
        (re.compile(r"Your task:\n.*report"), report),
    ],
    delay=0.6,
    price=PRICE,
)

# What real servers answer, once each for the lesson on failures.
broken = {
    "wrong_key": ScriptedError("Incorrect API key provided", status=401),
    "no_such_model": ScriptedError("The model does not exist", status=404),
    "no_credit": ScriptedError(
        "You exceeded your current quota", status=429, code="insufficient_quota"
    ),
    "too_long": ScriptedError(
        "This model's maximum context length is 8192 tokens",
        status=400,
        code="context_length_exceeded",
    ),
    "cut_off": ScriptedReply("Sales rose in", finish_reason="length"),
    "refusal": ScriptedReply(refusal="I cannot help with that."),
    "busy": in_turn(
        ScriptedError("Rate limit reached", status=429, retry_after=1), "Sales rose."
    ),
}
