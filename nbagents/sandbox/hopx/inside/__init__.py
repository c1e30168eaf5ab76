"""Scripts that are sent into a sandbox and run there; nothing here imports them.

They run each program exactly once: `ask` has `watch` begin it, unless somebody else
has, and waits. `watch` uses `files` before and after it, and has `program` be it. They
need the standard library of Python 3.9 on Linux or macOS, and know each
other as neighbours in a folder. All that is about one program is in a folder of its own
there, beside the folder `work` of the program.
"""
