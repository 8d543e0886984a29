"""Things that must run, and are started again when they die."""

import time
from collections.abc import Callable, Sequence


class Kept:
    """Something that `start` starts and of which `exit_code` tells how it ended, None while it runs.

    Each death in a row is followed by the next longer of `pauses` seconds; a life of `healthy` seconds starts anew.
    """

    def __init__(
        self,
        name: str,
        *,
        start: Callable[[], object],
        exit_code: Callable[[], int | None],
        pauses: Sequence[float],
        healthy: float,
    ) -> None:
        self.name = name
        self.deaths = 0
        self._start = start
        self._exit_code = exit_code
        self._pauses = pauses
        self._healthy = healthy
        self._started = time.monotonic()
        self._due: float | None = None

    def start(self) -> None:
        """Start it now; what `start` raises is raised."""
        self._due = None
        self._started = time.monotonic()
        self._start()

    def tend(self) -> str | None:
        """Look after it: note its death, or start it when its pause is over. Returns a line to show, if any."""
        now = time.monotonic()
        if self._due is not None:
            if now >= self._due:
                self.start()
            return None
        if now - self._started >= self._healthy:
            self.deaths = 0
        code = self._exit_code()
        if code is None:
            return None
        self.deaths += 1
        pause = self._pauses[min(self.deaths, len(self._pauses)) - 1]
        self._due = now + pause
        return f"{self.name} ended with {code}; it starts again in {pause:g} s"
