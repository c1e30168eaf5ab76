"""What the second lesson needs beside its own cells.

Three agents that are not to blame, and `model`, which stands in for a language model:
rules, no intelligence, no network. Every figure it writes it reads from the results in
the prompt it gets, right or wrong, as a real model would. It costs what a real one
might, so that the lesson can say what a run costs.
"""

import json
import re
from calendar import month_name
from pathlib import Path

import pandas as pd
from lesson import DARK, pause
from matplotlib.figure import Figure

from nbagents import ScriptedModel, agent

COLOURS = ["#b9c4cc", "#6f8796", DARK]

homes = pd.read_csv(Path(__file__).parent / "data" / "txhousing.csv")


@agent
def chart_maker(task, context):
    """Draws the last three years, month by month."""
    pause()
    years = context["sales"].iloc[:, -3:]
    figure = Figure(figsize=(6.2, 2.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(years / 1000, label=years.columns)
    style(axes, "Homes sold, thousand a month")
    return figure


@agent
def scout(task, context):
    """Adds up the last twelve months of each area."""
    pause()
    latest = homes[homes.date > homes.date.max() - 1]
    return latest.groupby("city").sales.sum().astype(int).to_dict()


@agent
def checker(task, context):
    """Checks what the data cover."""
    pause()
    ends = homes.sort_values("date").iloc[[0, -1]]
    first, last = (f"{month_name[row.month]} {row.year}" for row in ends.itertuples())
    return {"areas": homes.city.nunique(), "from": first, "to": last}


def style(axes, unit):
    """Make a chart of months readable: a name at the end of each line, and the unit."""
    axes.set_title(unit, loc="left", fontsize=11, pad=12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks([1, 4, 7, 10], ["January", "April", "July", "October"])
    axes.set_ylim(bottom=0)
    for line, colour in zip(axes.lines, COLOURS[-len(axes.lines) :], strict=True):
        line.set(color=colour, linewidth=2)
    axes.lines[-1].set_linewidth(3)
    axes.legend(frameon=False, loc="lower right", ncols=len(axes.lines))


# What follows is the stand-in for a language model.


def headline(request):
    """Word the change as the instructions ask for: loud, or with all that belongs."""
    change = json.loads(request.results["growth"])
    if "period" in request.system:
        return sober(change)
    happened = "soar: up" if change["percent"] > 0 else "collapse: down"
    return f"### Home sales {happened} {abs(change['percent'])} %!"


def sober(change):
    """Word the change with its unit and its period."""
    happened = "rose" if change["percent"] > 0 else "fell"
    (earlier, year), (before, now) = change["years"], change["homes"]
    return (
        f"### Home sales {happened} {abs(change['percent'])} %\n\n"
        f"{now:,} homes were sold from {change['months']} {year}, after {before:,} "
        f"in the same months of {earlier}."
    )


def where(request):
    """Word where homes were sold, and what the data cover."""
    sold = json.loads(request.results["cities"])
    data = json.loads(request.results["coverage"])
    first, second, third = sorted(sold, key=sold.get, reverse=True)[:3]
    return (
        f"In the twelve months to {data['to']}, most homes were sold in {first} "
        f"({sold[first]:,}), {second} ({sold[second]:,}) and {third} "
        f"({sold[third]:,}). The data cover {data['areas']} areas from {data['from']} "
        f"to {data['to']}."
    )


def answer(request):
    """Put the headline first, and after it what else there is."""
    results = request.results
    charts = [id for id, text in results.items() if text.startswith("<Figure")]
    parts = [results[id] for id in ("report", "places") if id in results]
    parts += [f"**Chart:** `{id}`." for id in charts]
    parts.append("*Worded by a simulated model, from figures that were computed.*")
    return "\n\n".join(parts)


model = ScriptedModel(
    [
        ("Answer the goal", answer),
        (re.compile(r"Your task:\n.*headline"), headline),
        (re.compile(r"Your task:\n.*where"), where),
    ],
    delay=1.2,
    price=(2.5, 10),
)
