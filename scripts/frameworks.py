"""Run agents of other frameworks in a plan, with the frameworks installed beside us.

They live in `.venv-frameworks`, an environment of their own: nbagents needs none of
them, and nobody who works on it has to have them. What is in it is locked with hashes
in `requirements/frameworks.txt`. Arguments are passed on to pytest.
"""

import beside

if __name__ == "__main__":
    beside.run_tests("tests/frameworks", ".venv-frameworks", "frameworks.txt")
