"""Which program is meant by what a model said."""

import pytest

from nbagents.agents.coding.extract import program

CODE = "import math\nprint(math.pi)\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{CODE}```",
        f"```py\n{CODE}```",
        f"``` Python3 title=x.py\n{CODE}```",
        f"```{{python}}\n{CODE}```",
        f"```\n{CODE}```",
        f"~~~\n{CODE}~~~",
        f"````python\n{CODE}````",
        f"Sure!\n\n```py\n{CODE}",
        f"Sure!\n\n```python\r\n{CODE}```\r\nThat prints pi.".replace("\n", "\r\n"),
        "  ```python\n  import math\n  print(math.pi)\n  ```",
        f"<think>\n```python\nbad()\n```\n</think>\n```python\n{CODE}```",
        f"bad() </think>\n\n{CODE}",
        CODE,
        f"Here is the program:\n\n{CODE}\nIt prints pi.",
        f"```bash\npip install x\n```\n\n```python\n{CODE}```\n\n```text\n3.14\n```",
        f"```python\nimport math\nprint(math.e)\n```\nBetter:\n```python\n{CODE}```",
    ],
)
def test_it_is_found_whatever_is_around_it(answer: str) -> None:
    assert (program(answer) or "").strip() == CODE.strip()


def test_steps_are_one_program_in_their_order() -> None:
    answer = "First:\n```python\nx = 1\n```\nThen:\n```python\nprint(x)\n```"
    assert program(answer) == "x = 1\n\nprint(x)\n"


def test_a_step_that_needs_another_does_not_replace_it() -> None:
    steps = ["import math\nx = math.pi", "import math\nprint(math.floor(x))"]
    answer = "\n".join(f"```python\n{step}\n```" for step in steps)
    assert program(answer) == "\n\n".join(steps) + "\n"


def test_a_fence_inside_a_program_does_not_end_it() -> None:
    answer = "````python\ntext = '''\n```\n'''\nprint(text)\n````"
    assert program(answer) == "text = '''\n```\n'''\nprint(text)\n"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I cannot do that.",
        "Yes",
        "done, finished",
        "```bash\nls\n```",
        "```python\n\n```",
        "<think>```python\nx()\n```",
        "(" * 100_000,
        "import " * 3 + "\n" * 5,
    ],
)
def test_what_is_no_program_is_none(answer: str) -> None:
    assert program(answer) is None


def test_long_prose_is_given_up_on_soon() -> None:
    assert program("for you, a line with (brackets\n" * 20_000) is None
