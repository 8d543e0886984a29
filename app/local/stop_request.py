"""Ctrl-C and its kin, as something to ask after rather than something that strikes anywhere."""

import signal
from types import FrameType, TracebackType
from typing import Self


class Stopped(Exception):
    """Somebody asked us to stop before everything was up."""


class StopRequest:
    """While entered, counts the requests to stop."""

    def __init__(self) -> None:
        self._times = 0

    def __enter__(self) -> Self:
        heeded = [signal.SIGINT, signal.SIGTERM]
        # Under nohup, which has SIGHUP ignored, a closed terminal is no reason to stop.
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            heeded.append(signal.SIGHUP)
        self._before = {signum: signal.signal(signum, self._count) for signum in heeded}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def made(self) -> bool:
        """Whether we were asked to stop."""
        return self._times > 0

    def urgent(self) -> bool:
        """Whether we were asked more than once."""
        return self._times > 1

    def check(self) -> None:
        """Raise `Stopped` when we were asked to stop."""
        if self.made():
            raise Stopped

    def _count(self, signum: int, frame: FrameType | None) -> None:
        self._times += 1
