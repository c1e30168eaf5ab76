"""What runs outside of the kernel: started by path, it imports nothing of nbagents.

`supervisor` stays outside of the walls, starts the program, watches it and kills all
that is left of it; `launcher` puts up the walls around itself and runs the program.
"""
