"""Pace: how soon the next request may go to a server that allows only so many.

Numbers only: what time it is is passed in. How requests stand in line is `gate`.

A server tells its limits late: by refusing. So a burst begins with a few requests at
once, and more follow ever more quickly, which leaves a first refusal the time to come
back before all are sent. A refusal says when there is room again, and how many were
let in until then is the rate that the server allows. From there on requests are spaced
by that rate, a little faster after each twenty that were let in, and slower after each
refusal: increase gently and decrease at once, as TCP does (Jacobson, "Congestion
Avoidance and Control", SIGCOMM 1988).
"""

import math

_BURST = 5  # requests that may go at once; a team has as many tasks at work by default
_RAMP = 0.05  # seconds between the next two: a refusal over the Atlantic takes 0.1
_STEEPER = 0.96  # 50 requests are on their way in a second, 200 in a second and a half
_LEAST = 0.002  # seconds: closer than that is no spacing any more
_MOST = 60.0

_MARGIN = 1.05  # exactly as fast as allowed is refused whenever one is late
_SLOWER = 1.1
_DOUBLE = 2.0
_FASTER = 0.9
_STREAK = 20  # requests let in before it goes faster: one refusal in twenty is cheap

_BREATH = 1.0  # seconds without a request after which a burst begins anew
_FORGET = 60.0  # and after which what was learned of the server is out of date


class Pace:
    """How soon the next request may go.

    Attributes:
        spacing: Seconds between two requests, as it stands.
        closed: The moment before which none may go.
    """

    def __init__(self) -> None:
        self.closed = -math.inf
        self.spacing = _RAMP
        self._is_limited = False
        self._free = _BURST
        self._last = -math.inf
        self._streak = 0
        # Of the time since it was last open: from when on, and what went and came.
        self._since = self._last
        self._sent = self._refused = 0
        self._before = 0.0  # the spacing of then; 0 where there was no limit

    def due(self, now: float) -> float:
        """Return the moment from which on the next request may go."""
        self._look_back(now)
        spaced = self._is_limited or not self._free
        return max(self.closed, self._last + self.spacing if spaced else -math.inf)

    def sent(self, now: float) -> None:
        """Note that a request goes now."""
        if self._refused or not self._sent:
            self._since, self._sent, self._refused = now, 0, 0
            self._before = self.spacing if self._is_limited else 0.0
        self._sent += 1
        self._last = now
        if self._free:
            self._free -= 1
        elif not self._is_limited:
            self.spacing = max(_LEAST, self.spacing * _STEEPER)

    def let_in(self) -> None:
        """Note that a request was answered."""
        self._streak += 1
        if self._is_limited and self._streak >= _STREAK:
            self._streak = 0
            self.spacing *= _FASTER
            self._is_limited = self.spacing > _LEAST

    def refused(self, sent: float, now: float, wait: float) -> None:
        """Note that a request was told to wait.

        Args:
            sent: When it had gone.
            now: What time it is.
            wait: Seconds until there is room again.
        """
        self._streak, self._is_limited = 0, True
        self.closed = max(self.closed, now + wait)
        if sent >= self._since:  # Else it tells of a pace that is past.
            self._refused += 1
            self.spacing = min(_MOST, max(_LEAST, self._learned()))

    def _learned(self) -> float:
        """Return the spacing at which as many go as were let in."""
        let_in = self._sent - self._refused
        if not let_in:
            return _DOUBLE * max(self._before, _RAMP)
        seen = _MARGIN * (self.closed - self._since) / let_in
        if not self._before:
            return seen
        # Seconds are often told as whole ones: what was learned is not thrown away.
        return min(max(seen, self._before * _SLOWER), self._before * _DOUBLE)

    def _look_back(self, now: float) -> None:
        quiet = now - max(self._last, self.closed)
        if quiet > (_FORGET if self._is_limited else _BREATH):
            self._is_limited = False
            self._free, self.spacing = _BURST, _RAMP
            self._sent = self._refused = 0
