"""What an earlier run left behind, where the kernel does not end children with their parent (macOS)."""

import json
import os
import signal
from pathlib import Path

from app.local.processes import life_of, wait_until

_PATIENCE = 10.0


class Leftovers:
    """The processes of this run, kept in `file` for the next one, each with a mark that its number alone is not."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._running: dict[str, tuple[int, str]] = {}

    def remember(self, name: str, pid: int) -> None:
        """Note that `pid` is now the process called `name`."""
        life = life_of(pid)
        if life:
            self._running[name] = (pid, life)
            self._write()

    def forget(self) -> None:
        """This run has stopped everything."""
        self._running.clear()
        self._file.unlink(missing_ok=True)

    def stop_all(self) -> list[str]:
        """End what is left of the run before, and return the names. A newer process with an old number is let be."""
        left = [(name, pid, life) for name, pid, life in self._read() if life_of(pid) == life]
        for signum in (signal.SIGTERM, signal.SIGKILL):
            for _, pid, life in left:
                if life_of(pid) == life:
                    _signal_group(pid, signum)
            if wait_until(lambda: not any(life_of(pid) == life for _, pid, life in left), seconds=_PATIENCE):
                break
        self._file.unlink(missing_ok=True)
        return [name for name, _, _ in left]

    def _read(self) -> list[tuple[str, int, str]]:
        try:
            found = json.loads(self._file.read_text())
            return [(str(name), int(pid), str(life)) for name, (pid, life) in found.items()]
        except (OSError, ValueError, TypeError, AttributeError):
            return []

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._running, indent=1))
        new.replace(self._file)


def _signal_group(pid: int, signum: signal.Signals) -> None:
    # Each of our children leads a group of its own (`spawn`).
    try:
        os.killpg(pid, signum)
    except (ProcessLookupError, PermissionError):
        pass
