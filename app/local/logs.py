"""The end of a log file, to show with an error."""

from pathlib import Path

_LONGEST = 64 * 1024


def size(log: Path) -> int:
    """How long the log is now; 0 when there is none."""
    return log.stat().st_size if log.exists() else 0


def last_lines(log: Path, *, since: int = 0, lines: int = 15) -> str:
    """The last `lines` of what was written after byte `since`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, size(log) - _LONGEST))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
