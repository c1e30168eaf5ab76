"""The program of the process that serves a model. It knows nothing of nbagents.

It is told in one line of JSON what to serve, answers in one line where, and ends when
nobody holds its standard input open any more: whoever has started it is gone by then,
or wants it gone.
"""

import json
import os
import signal
import sys
from typing import Any

_ERRORS_ONLY = 1


def main() -> None:
    """Serve until the input ends."""
    # To interrupt a cell is to stop a task, not the model that others ask too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as told:
        os.dup2(2, 1)  # What C++ prints is no answer.
        given = json.loads(sys.stdin.readline())
        sys.path[:] = given["path"]
        try:
            server = serve(given)
            answer = {"address": server.listening_address}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            server, answer = None, {"error": f"{type(error).__name__}: {error}"}
        told.write(json.dumps(answer) + "\n")
    if server is not None:
        sys.stdin.read()
    os._exit(0)  # Nothing in here is worth the time that tidying up takes.


def serve(given: dict[str, Any]) -> Any:
    """Return the server, which answers from threads of its own."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.verbosity = _ERRORS_ONLY
    params.model.path = given["file"]
    params.model_alias = {given["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # Any that is free.
    # Whoever else is on this machine, or a page in a browser, does not have it.
    params.api_keys = [given["key"]]
    params.ui = params.endpoint_slots = params.endpoint_props = False
    params.offline = True
    params.n_ctx = given["context"]
    params.n_parallel = 1
    params.cache_ram_mib = given["cache"]
    params.cpuparams.n_threads = given["threads"]
    params.cpuparams_batch.n_threads = given["threads"]
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
