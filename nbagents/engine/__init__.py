"""How a plan runs.

`events` and `state` are the record and the fold over it, `schedule` says what
may start, `lifecycle` which moves are legal; all four are pure. `loop` is the
one shell around them that knows asyncio: it starts tasks and emits events.
`attempt` calls an agent, `threads` and `background` are where things run.
"""
