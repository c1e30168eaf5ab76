"""Models that run on this machine, from a GGUF file: `model="local:/path/to.gguf"`.

llama.cpp, which xllamacpp brings, serves a file from a process of its own. Loading a
model holds Python's lock from the first byte to the last, so in the kernel it would
stop every task, every view and the cell itself; and what takes all memory, or crashes,
takes only that process with it.

`server` is what a `ChatModel` asks. `file` looks at the file before anything is
started. `host` is the process, `hosts` has one for each file, shared by all who use it,
and ends it when the last of them leaves. `travelling` brings requests there: who holds
a connection holds the process, so it is closed with the run. `inside` is the program in
it, which knows nothing of nbagents.
"""

from nbagents.models.local.server import PREFIX, LocalServer

__all__ = ["PREFIX", "LocalServer"]
