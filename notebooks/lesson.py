"""What the first lesson needs beside its own cells.

`model` stands in for a language model: rules, no intelligence, no network. It knows
one plan and a few turns of phrase; every figure it writes it reads from the results
in the prompt it gets, as a real model would. The functions above it are small helpers
of the agents.
"""

import json
import re
import time
from html import escape

import pandas as pd

from nbagents import ScriptedModel

PACE = 0.7
"""Seconds of a `pause()`. The pandas is quicker than the eye; 0 shows how quick."""


DARK = "#005a8c"


def pause():
    """Wait, so that a person sees the step in the live picture."""
    time.sleep(PACE)


def table(context):
    """Return the table among the results that a task depends on."""
    for result in context.values():
        if isinstance(result, pd.DataFrame):
            return result
    raise ValueError("this task needs a table: let it depend on the counter's task")


def findings(context):
    """Return the findings among the results that a task depends on, in a row."""
    lists = [result for result in context.values() if isinstance(result, list)]
    if not lists:
        raise ValueError("this task needs findings: let it depend on trends or cities")
    return [finding for found in lists for finding in found]


def harmless(markdown):
    """Return Markdown in which neither HTML nor links work: a model wrote it."""
    if markdown is None:
        return "*There is no answer. The picture of the run says why.*"
    return escape(markdown, quote=False).replace("[", "&#91;")


def style(axes, finding):
    """Make a panel readable: what, in which unit, from where to where."""
    title = f"{finding['measure'].capitalize()} ({finding['unit']})"
    axes.set_title(title, loc="left", fontsize=11, pad=12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
    if axes.lines:
        mark_ends(axes, finding)
    else:
        axes.invert_yaxis()
        axes.margins(x=0.15)
        labels = [f"{value:,}" for value in finding["values"].values()]
        axes.bar_label(axes.containers[0], labels, padding=3)
        axes.spines["bottom"].set_visible(False)
        axes.set_xticks([])


def mark_ends(axes, finding):
    """Shade the years of a trend, and write its first and last value beside it."""
    since, until = finding["since"], finding["until"]
    axes.axvspan(since, until, color=DARK, alpha=0.08, linewidth=0)
    for year, value in ((since, finding["from"]), (until, finding["to"])):
        axes.plot(year, value, "o", color=DARK)
        axes.annotate(
            value, (year, value), (0, 8), textcoords="offset points", ha="center"
        )
    axes.set_ylim(0, 1.15 * max(finding["values"].values()))


# What follows is the stand-in for a language model.

PLAN = {
    "tasks": [
        {
            "id": "q4",
            "description": "Add up Q4 by year and city, complete quarters only",
            "agent": "counter",
            "dependencies": [],
        },
        {
            "id": "gaps",
            "description": "Check what the Q4 table leaves out",
            "agent": "checker",
            "dependencies": ["q4"],
        },
        {
            "id": "trends",
            "description": "Identify the top 3 trends",
            "agent": "analyst",
            "dependencies": ["q4"],
        },
        {
            "id": "cities",
            "description": "Find the cities where sales grew most",
            "agent": "scout",
            "dependencies": ["q4"],
        },
        {
            "id": "trend_chart",
            "description": "Draw the three trends",
            "agent": "chart_maker",
            "dependencies": ["trends"],
        },
        {
            "id": "city_chart",
            "description": "Draw the cities that grew most",
            "agent": "chart_maker",
            "dependencies": ["cities"],
        },
        {
            "id": "summary",
            "description": "Write an executive summary of the trends and the cities",
            "agent": "writer",
            "dependencies": ["trends", "cities"],
        },
        {
            "id": "post",
            "description": "Write a post about it for social media",
            "agent": "writer",
            "dependencies": ["summary"],
        },
    ]
}


def summarize(request):
    """Word the trends and the cities that stand in the prompt."""
    trends = json.loads(request.results["trends"])
    lines = [f"### Home sales in Q4 {trends[0]['until']}", ""]
    lines += [f"{n}. {sentence(trend)}" for n, trend in enumerate(trends, start=1)]
    if "cities" in request.results:
        lines += ["", where(*json.loads(request.results["cities"]))]
    return "\n".join(lines)


def sentence(trend):
    """Word one trend."""
    moved, by = ("rose", "more") if trend["percent"] > 0 else ("fell", "less")
    return (
        f"**{trend['measure'].capitalize()} {moved}** from {trend['from']} "
        f"to {trend['to']} {trend['unit']} since Q4 {trend['since']}: "
        f"{abs(trend['percent'])} % {by}."
    )


def where(added, change):
    """Word which cities lead."""
    first, second, third = list(added["values"])[:3]
    return (
        f"**{first} added most:** {added['values'][first]:,} {added['unit']} "
        f"against Q4 {added['since']} ({change['values'][first]:+} %). "
        f"{second} ({added['values'][second]:,}) "
        f"and {third} ({added['values'][third]:,}) follow."
    )


def post(request):
    """Put the first finding of the summary into a post."""
    first = re.search(r"^1\. (.*)$", request.results["summary"], re.MULTILINE)
    return f"{first[1]} #texas #homes"


def answer(request):
    """Put the summary first, and after it what a careful reader asks for."""
    results = request.results
    charts = [id for id, text in results.items() if text.startswith("<Figure")]
    parts = [results["summary"]] if "summary" in results else []
    if charts:
        parts.append(f"**Charts:** {' and '.join(f'`{id}`' for id in charts)}.")
    if "gaps" in results:
        parts.append(left_out(json.loads(results["gaps"])))
    parts.append("*Worded by a simulated model, from figures that were computed.*")
    return "\n\n".join(parts)


def left_out(gaps):
    """Word what the figures do not cover."""
    return (
        f"**Coverage:** {gaps['areas_left_out']} of {gaps['areas']} areas did not "
        f"report every Q4 month of {gaps['years']} and are left out; the others had "
        f"{gaps['percent_of_sales']} % of the homes sold in Q4 {gaps['last']}. "
        f"The data end in {gaps['data_end']}."
    )


model = ScriptedModel(
    [
        (re.compile(r"Plan this goal:.*Q4 sales", re.DOTALL), PLAN),
        ("Answer the goal", answer),
        (re.compile(r"Your task:\n.*executive summary"), summarize),
        (re.compile(r"Your task:\n.*post"), post),
    ],
    delay=1.2,
)
