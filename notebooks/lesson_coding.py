"""What the lesson on code in sandboxes needs beside its own cells.

`clerk` has the sales of homes, and `model` stands in for a language model: rules, no
intelligence, no network. It makes the mistake that a real one makes: its first program
takes every cell of the table for a number, and the last year is not over. It repairs
that when it is shown the error. Every figure in a text it reads from the results in the
prompt it gets.
"""

import re

from lesson import pause
from lesson_debugging import homes

from nbagents import ScriptedModel, agent


@agent
def clerk(task, context):
    """Has the homes sold, a row for each month and a column for each year."""
    pause()
    return homes.pivot_table("sales", "month", "year", aggfunc="sum")


PROGRAM = """\
import csv

import matplotlib.pyplot as plt

with open("FILE", newline="") as file:
    rows = list(csv.DictReader(file))
years = [name for name in rows[0] if name != "month"]
sold = {year: sum(CELL) for year in years}

best = max(sold, key=sold.get)
print(f"Most homes were sold in {best}: {sold[best]:,.0f}.")

with open("sold.csv", "w", newline="") as file:
    csv.writer(file).writerows([("year", "homes"), *sold.items()])

figure, axes = plt.subplots(figsize=(6.2, 2.8), layout="constrained")
axes.bar(list(sold), [homes / 1000 for homes in sold.values()], color="#005a8c")
axes.set_title("Homes sold, thousand a year", loc="left", fontsize=11)
axes.spines[["top", "right"]].set_visible(False)
axes.tick_params(axis="x", length=0, rotation=45)
"""

HASTY = "float(row[year]) for row in rows"
CAREFUL = "float(row[year]) for row in rows if row[year]"


def write(request):
    """Write a program; a careful one where the prompt shows what a hasty one did."""
    conversation = "\n".join(str(each["content"]) for each in request.messages)
    file = re.search(r"inputs/[\w.-]+\.csv", conversation)
    saw_error = "could not convert string to float" in request.results.get("stderr", "")
    code = PROGRAM.replace("FILE", file[0]).replace(
        "CELL", CAREFUL if saw_error else HASTY
    )
    words = (
        "Empty cells have to be left out:" if saw_error else "This adds up the years:"
    )
    return f"{words}\n\n```python\n{code}```\n"


def report(request):
    """Word what the program printed, and name what it left."""
    said, _, left = request.results["count"].partition("\n\n")
    files = re.findall(r"[\w.-]+\.csv", left)
    return f"{said} The figures of all years are in {', '.join(files)}."


model = ScriptedModel(
    [
        (re.compile(r"Your task:\n.*report"), report),
        (re.compile(r"Your task:\nCount|The program failed"), write),
    ],
    delay=0.5,
    price=(2.5, 10),
)
