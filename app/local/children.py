"""Our own processes: started with their log, stopped together."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.local.leftovers import Leftovers
from app.local.processes import spawn, wait_until


class Child:
    """One process of ours. Without a `log` it uses our terminal."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log: Path | None, leftovers: Leftovers
    ) -> None:
        self.name = name
        self._argv = argv
        self._env = env
        self._log = log
        self._leftovers = leftovers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Raises `LocalError` when it cannot be started."""
        self._process = spawn(self._argv, env=self._env, dies_by=signal.SIGTERM, output=self._log)
        self._leftovers.remember(self.name, self._process.pid)

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else 0

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing."""
        if self._process is not None and self.exit_code() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it now."""
        if self._process is not None and self.exit_code() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def stop_together(children: Sequence[Child], *, seconds: float, in_a_hurry: Callable[[], bool]) -> None:
    """Ask all to stop and wait `seconds`, or until `in_a_hurry`; then kill whoever is left."""
    for child in children:
        child.ask_to_stop()
    wait_until(lambda: in_a_hurry() or all(child.exit_code() is not None for child in children), seconds=seconds)
    for child in children:
        child.kill()
