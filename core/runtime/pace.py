"""Pace and Speed: when the next step is due, and how fast steps come."""

from collections import deque

_BACKLOG = 0.05
"""Seconds of steps that are caught up with when the network was slower than its pace."""
_WINDOW = 3.0
"""Seconds over which a speed is smoothed."""


class Pace:
    """Spreads steps evenly: at 120 a second one every 8.3 milliseconds. Times are of a monotonic clock."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._next = 0.0

    def set(self, rate: float | None, now: float) -> None:
        """So many steps a second from now on; None is as fast as it goes."""
        self.rate = rate
        self._next = min(max(self._next, now), now + 1 / rate) if rate else now

    def due(self, now: float) -> int | None:
        """How many steps to do now; None is any number."""
        if self.rate is None:
            return None
        return 0 if now < self._next else 1 + int((now - self._next) * self.rate)

    def did(self, steps: int, now: float) -> None:
        """So many steps were done."""
        if self.rate is not None:
            self._next = max(self._next + steps / self.rate, now - _BACKLOG)

    def wait(self, now: float) -> float:
        """Seconds until a step is due."""
        return max(0.0, self._next - now)


class Speed:
    """Steps a second over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, step: int, now: float) -> None:
        """So many steps are done by now."""
        if not self._seen or step != self._seen[-1][1]:
            self._seen.append((now, step))
        while len(self._seen) > 2 and now - self._seen[1][0] > _WINDOW:
            self._seen.popleft()

    def forget(self) -> None:
        """Time stood still: what comes is not compared with what was."""
        self._seen.clear()

    def value(self) -> float | None:
        """None while it is not known."""
        if len(self._seen) < 2:
            return None
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        return (last - first) / (ended - began) if ended > began else None
