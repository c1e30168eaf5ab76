"""Python imports this at its start when the folder is on `PYTHONPATH`.

It puts the network guard of the tests into kernels and other child processes.
"""

import importlib.util
import sys
from pathlib import Path

# Loaded by its path: `tests` itself on the path of a kernel would show it our helpers.
_spec = importlib.util.spec_from_file_location(
    "network_guard", Path(__file__).parent.parent / "network_guard.py"
)
assert _spec is not None
assert _spec.loader is not None
_guard = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _guard
_spec.loader.exec_module(_guard)
_guard.install()
