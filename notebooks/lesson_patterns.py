"""What the third lesson needs beside its own cells.

Agents that count, a server that is busy twice, and `model`, which stands in for a
language model: rules, no intelligence, no network. It knows the goals of the lesson;
every figure it writes it reads from the results in the prompt it gets, as a real model
would. It costs what a real one might.
"""

import json
import re

from lesson import pause
from lesson_debugging import homes

from nbagents import Agent, Plan, ScriptedModel, Task, agent

BEFORE, NOW = 2013, 2014


def yearly(column):
    """Return the sums of both years, over the areas that left no month out."""
    both = homes[homes.year.isin([BEFORE, NOW])].dropna(subset=["sales", "volume"])
    whole = both.groupby("city").size() == 24
    both = both[both.city.isin(whole.index[whole])]
    return both.groupby("year")[column].sum()


def finding(measure, values):
    """Return a figure of both years, as plain data."""
    years = {str(year): round(value) for year, value in values.items()}
    return {**years, "measure": measure}


@agent
def counter(task, context):
    """Counts the homes sold in each year."""
    pause()
    return finding("homes sold", yearly("sales"))


@agent
def pricer(task, context):
    """Says what a home costs, on average over a year."""
    pause()
    return finding("average price in dollars", yearly("volume") / yearly("sales"))


@agent
def lister(task, context):
    """Lists the years, each with the homes sold."""
    found = counter("list")
    return [[year, found[year]] for year in (str(BEFORE), str(NOW))]


@agent
def growth(task, context):
    """Says by how much the homes sold have changed, in percent."""
    found = counter("compare")
    return round(100 * (found[str(NOW)] / found[str(BEFORE)] - 1), 1)


@agent
def headliner(task, context):
    """Writes a headline, and heeds what was said of the one before."""
    found = counter("count")
    if not context:
        return "Home sales move"
    return f"{found[str(NOW)]:,} homes sold in {NOW}"


@agent
def critic(task, context):
    """Accepts a headline with a figure in it."""
    *_, headline = context.values()
    return "ACCEPT" if any(map(str.isdigit, headline)) else "Where is the figure?"


class Server:
    """Has the homes sold, and is busy for the first two who ask."""

    def __init__(self, busy=2):
        self.busy = busy

    def read(self):
        """Return the homes sold in each year.

        Raises:
            ConnectionError: Not now.
        """
        if self.busy:
            self.busy -= 1
            raise ConnectionError("503: the server is overloaded")
        return counter("read")


# What follows is the stand-in for a language model.


def findings(request):
    """Return the figures among the results in the prompt."""
    found = [json.loads(text) for text in request.results.values() if text[:1] == "{"]
    return [each for each in found if "measure" in each]


def sentence(found):
    """Word one figure."""
    before, now = found[str(BEFORE)], found[str(NOW)]
    change = 100 * (now / before - 1)
    name = found["measure"].capitalize()
    return f"{name}: {now:,} in {NOW}, {change:+.1f} % on {BEFORE}."


def report(request):
    """Word the figures; without any, pass on the text that there is."""
    said = [sentence(each) for each in findings(request)]
    return " ".join(said or request.results.values())


def partial(request):
    """Word what there is, and name what is missing."""
    missing = re.findall(r"^- (\w+): ", request.prompt, re.MULTILINE)
    return f"This answer is partial: there is no {' and no '.join(missing)}. " + report(
        request
    )


def guess(request):
    """Answer alone a question that cannot be answered."""
    return f"Nobody knows next year. {report(request)}"


def cheer(request):
    """Word a growth."""
    return f"Sales are up by {request.results['change']} %!"


def route(request):
    """Pick an agent by a word of the question; below it is what the agents are."""
    question, _, _ = request.prompt.partition("<data")
    return {"agent": "pricer" if "cost" in question else "counter"}


def design(name, role):
    """Return the design of an agent."""
    return {
        "name": name,
        "role": role,
        "capabilities": [],
        "system": f"You are a {name}.",
    }


def poem_plan(request):
    """Plan a poem, with what the team has."""
    tasks = request.schema["properties"]["tasks"]["items"]["properties"]
    verse = Plan([Task("verse", "Write the poem", "poet")])
    if "critic" not in tasks["agent"]["enum"]:
        return verse
    return verse.add(Task("check", "Find fault with the poem", "critic", ["verse"]))


SOLD = Task("sold", "Count the homes sold", "counter")
PRICE = Task("price", "Say what a home costs", "pricer")
REPORT = Task("report", "Write the report", "writer", ["sold", "price"])
ORACLE = Task("next_year", "Look into the future", "oracle", ["price"])
SHORT = Plan([SOLD, Task("report", "Write the report", "writer", ["sold"])])
POEM = "More houses sold, at prices bold:\nthe old ones, too, were never old."

model = ScriptedModel(
    [
        ("look at the average price instead", Plan([SOLD, PRICE])),
        (re.compile("Plan this goal:.*next year", re.DOTALL), Plan([PRICE, ORACLE])),
        (re.compile("Plan this goal:.*poem", re.DOTALL), poem_plan),
        (re.compile("Plan this goal:.*prices", re.DOTALL), SHORT),
        ("Plan this goal", Plan([SOLD, PRICE, REPORT])),
        ("Review a plan", {"problems": ["Nobody looks at the prices."]}),
        ("This plan cannot be carried out", Plan([SOLD, PRICE, REPORT])),
        (
            "Design the team",
            {
                "agents": [
                    design("poet", "Writes verse"),
                    design("critic", "Finds fault"),
                ]
            },
        ),
        ("Who does this task?", route),
        ("This answer is partial", partial),
        ("next year", guess),
        ("Write the poem", POEM),
        ("Cheer", cheer),
        ("Find fault", "Two lines are few."),
        ("", report),
    ],
    delay=0.4,
    price=(2.5, 10),
)

writer = Agent.llm("writer", "Writes reports", system="You write plainly.", model=model)
