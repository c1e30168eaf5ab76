"""What the lesson on code in sandboxes needs beside its own cells.

`clerk` has the sales of homes, and `model` stands in for a language model: rules, no
intelligence, no network. It makes the mistake that a real one makes: its first program
takes every cell of the table for a number, and the last year is not over. It repairs
that when it is shown the error. Every figure in a text it reads from the results in the
prompt it gets. `turncoat` is the same kind of model, gone bad.
"""

import re

from lesson import pause
from lesson_debugging import homes

from nbagents import ScriptedModel, ScriptedReply, agent


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
sold = SOLD

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

HASTY = "{year: sum(float(row[year]) for row in rows) for year in years}"
CAREFUL = "{year: sum(float(row[year]) for row in rows if row[year]) for year in years}"
BY_MONTH = """{
    month_name[int(row["month"])]: sum(float(row[year]) for year in years if row[year])
    for row in rows
}"""


def write(request):
    """Write a program; a careful one where the prompt shows what a hasty one did."""
    conversation = "\n".join(str(each["content"]) for each in request.messages)
    file = re.search(r"inputs/[\w.-]+\.csv", conversation)
    saw_error = "could not convert string to float" in request.results.get("stderr", "")
    words, sold = "This adds up the years:", HASTY
    if saw_error:
        words, sold = "Empty cells have to be left out:", CAREFUL
    code = PROGRAM.replace("FILE", file[0])
    if "by month" in conversation:
        words, sold = "This adds up the months:", BY_MONTH
        code = code.replace("thousand a year", "thousand, by month")
        code = f"from calendar import month_name\n{code}"
    return f"{words}\n\n```python\n{code.replace('SOLD', sold)}```\n"


def report(request):
    """Word what the program printed, and name what it left."""
    said, _, left = request.results["count"].partition("\n\n")
    files = re.findall(r"[\w.-]+\.csv", left)
    return f"{said} All figures are in {', '.join(files)}."


model = ScriptedModel(
    [
        (re.compile(r"Your task:\n.*report"), report),
        (re.compile(r"Your task:\nCount|The program failed"), write),
    ],
    delay=0.5,
    price=(2.5, 10),
)


# Programs that mean harm. Each says what it got; what it may not have raises an error.

HARM = {
    "Find a key": """\
import os

found = os.environ.get("LESSON_KEY")
print(f"Got it: {found}" if found else "There is no key in this environment.")
""",
    "Read the files": """\
import os

try:
    print(f"Got them: {len(os.listdir(FOLDER))} files")
except OSError:
    print("There is no way to that folder.")
""",
    "Call the server": """\
import socket

try:
    socket.create_connection(("127.0.0.1", PORT), timeout=2)
    print("Got through to the server")
except OSError:
    print("There is no way to that server.")
""",
    "Take all memory": """\
try:
    print(f"Got {len(bytes(10**12)):,} bytes")
except MemoryError:
    print("There is no such memory.")
""",
    "Never end": """\
while True:
    pass
""",
}


def turncoat(folder, port):
    """Return a model whose programs are after your folder and your server.

    Args:
        folder: Path of the folder that one of them lists.
        port: Number of the port on this machine that one of them calls.
    """
    rules = {}
    for task, program in HARM.items():
        aimed = program.replace("FOLDER", repr(str(folder))).replace("PORT", str(port))
        # Counted as if paths and ports were equally long everywhere.
        rules[task] = ScriptedReply(f"```python\n{aimed}```", output_tokens=50)
    return ScriptedModel(rules, name="turncoat", delay=0.5)
