# Everything a fresh clone needs: Python 3.11 or later, git and make.
#   make demo   make test   make lab        (`make help` lists the rest)

PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready
# In a container there may be nobody but root, whom JupyterLab refuses otherwise.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
NOTEBOOK ?= notebooks/01_first_run.ipynb

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## run the first notebook and leave it as a page, offline
	@$(PY) scripts/demo.py

.PHONY: test
test: $(READY) ## run every check: style, types, tests, notebooks, browser
	@$(PY) scripts/check.py

.PHONY: check-fast
check-fast: $(READY) ## the same without notebooks and browser
	@$(PY) scripts/check.py --fast

.PHONY: lab
lab: $(READY) ## open the first notebook in JupyterLab
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PY) -m jupyterlab $(AS_ROOT) $(NOTEBOOK)

.PHONY: notebooks
notebooks: $(READY) ## execute the notebooks and write the outputs that are committed
	@$(PY) scripts/render_notebooks.py

.PHONY: pictures
pictures: $(READY) ## draw the pictures of docs/patterns.md anew, from its examples
	@$(PY) scripts/pattern_pictures.py

.PHONY: frontend
frontend: $(READY) ## build what the live view ships to the browser
	@$(PY) scripts/frontend.py

.PHONY: frameworks
frameworks: $(READY) ## run agents of other frameworks, in .venv-frameworks
	@$(PY) scripts/frameworks.py

.PHONY: local-model
local-model: $(READY) ## run a team with a small model, in .venv-local
	@$(PY) scripts/local_model.py

.PHONY: format
format: $(READY) ## format the code and fix what ruff can fix
	@$(PY) -m ruff check --fix-only --quiet
	@$(PY) -m ruff format

.PHONY: setup
setup: $(READY) ## set up .venv and nothing more

.PHONY: lock
lock: ## write requirements/ anew; LOCK_FLAGS=--upgrade takes the newest
	@$(call find-python)
	@$(PYTHON) scripts/bootstrap.py --only-uv
	@$(COMPILE) --group dev --extra notebook --extra otel pyproject.toml -o requirements/dev.txt
	@$(COMPILE) requirements/uv.in -o requirements/uv.txt
	@$(COMPILE) pyproject.toml requirements/frameworks.in -o requirements/frameworks.txt
	@$(COMPILE) --extra local pyproject.toml requirements/local.in -o requirements/local.txt
	@$(COMPILE) --no-deps requirements/local-model.in -o requirements/local-model.txt

.PHONY: clean
clean: ## delete what was built, and caches
	rm -rf build dist .coverage .coverage.* htmlcov
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path './.venv*' -prune -o -name __pycache__ -type d -print \
		-o -name .ipynb_checkpoints -type d -print | xargs rm -rf

.PHONY: distclean
distclean: clean ## delete the environments as well
	rm -rf .venv .venv-frameworks .venv-local

# The environment is made again when what it is made from has changed.
$(READY): pyproject.toml requirements/dev.txt requirements/uv.txt scripts/bootstrap.py
	@$(call find-python)
	@$(PYTHON) scripts/bootstrap.py
	@touch $@

# One lock for every platform and every Python, one version of each package in it, and
# no address of an index: whoever installs decides where from.
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" $(LOCK_FLAGS)

define find-python
command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	echo "No '$(PYTHON)' found. nbagents needs Python 3.11 or later;" >&2; \
	echo "name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
endef
