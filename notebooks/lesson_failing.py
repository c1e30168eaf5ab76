"""What the fourth lesson needs beside its own cells.

A server that is busy now and then, two agents that can be relied on, and `model`, which
stands in for a language model: rules, no intelligence, no network. Every figure it
writes it reads from the results in the prompt it gets, as a real model would. It costs
what a real one might.
"""

import json
import random
import re
from calendar import month_name

from lesson import pause
from lesson_debugging import homes

from nbagents import ScriptedModel, agent


class Busy(ConnectionError):
    """The server has too much to do."""


class Server:
    """Has the homes sold, month by month, and is busy at random.

    The numbers of chance are the same whenever the lesson starts anew, so that it can
    be told; it is never busy more than twice in a row, so that patience pays.
    """

    def __init__(self):
        self.chance = random.Random(41)  # noqa: S311 - it keeps no secret
        self.refused = 0

    def read(self):
        """Return a row for each month and a column for each year.

        Raises:
            Busy: Not now.
        """
        if self.refused < 2 and self.chance.random() < 0.5:
            self.refused += 1
            raise Busy("503: the server is overloaded")
        self.refused = 0
        pause()
        return homes.pivot_table("sales", "month", "year", aggfunc="sum")


server = Server()


@agent
def simple(task, context):
    """Takes the same month of last year, and the growth of this year so far."""
    pause()
    two = context["sales"].iloc[:, -2:]
    before, now = two.dropna().sum()
    month = len(two.dropna()) + 1
    homes_sold = round(two.iloc[month - 1, 0] * now / before)
    return {"month": f"{month_name[month]} {two.columns[1]}", "homes": homes_sold}


sent = []


@agent
def publisher(task, context):
    """Sends the report to all readers: that cannot be taken back."""
    sent.append(context["report"])
    return "sent"


# What follows is the stand-in for a language model.


def report(request):
    """Word the forecast and the price, and what the coverage says where it does."""
    results = request.results
    forecast = json.loads(results["forecast"])
    said = (
        f"In {forecast['month']}, about {forecast['homes']:,} homes will be sold, "
        f"for {int(results['price']):,} dollars on average."
    )
    return " ".join([said, *([results["coverage"]] if "coverage" in results else [])])


def partial(request):
    """Word what there is of it, and name what is missing."""
    missing = re.findall(r"^- (\w+): ", request.prompt, re.MULTILINE)
    parts = [f"**This answer is partial:** there is no {' and no '.join(missing)}."]
    if "forecast" in request.results:
        forecast = json.loads(request.results["forecast"])
        homes_sold = f"about {forecast['homes']:,} homes will be sold"
        parts.append(f"In {forecast['month']}, {homes_sold}.")
    return " ".join(parts)


model = ScriptedModel(
    [
        ("This answer is partial", partial),
        (re.compile(r"Your task:\n.*report"), report),
    ],
    delay=0.5,
    price=(2.5, 10),
)
