"""Which local levels work on the machine that the tests run on."""

from nbagents.sandbox.local import levels

LEVELS_HERE = [each for each in levels.LEVELS if not levels.why_not(each)]
