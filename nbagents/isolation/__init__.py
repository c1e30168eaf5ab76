"""An agent in a process of its own, which can be killed: `isolate="process"`.

One fresh process does one attempt and ends. `apart` is what the engine awaits;
`conversation` is what a thread does meanwhile: send the call, pass on what comes
back; `process` starts, kills and reaps; `child` is the program on the other side;
`remote_errors` makes exceptions of what the child told of its own. Values go
between the two by cloudpickle, through pipes, and are never stored.
"""

from nbagents.isolation.apart import Apart, apart
from nbagents.isolation.process import missing

__all__ = ["Apart", "apart", "missing"]
