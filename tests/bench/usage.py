"""CPU seconds of processes and all their children, from /proc."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def parent_of(pid: int) -> int:
    """The process that started `pid`."""
    return int(_fields(pid)[1])


def cpu_seconds(root: int) -> float:
    """User and system time of `root` and of everything below it, those that ended included."""
    children: dict[int, list[int]] = {}
    times: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _fields(int(entry.name))
            except OSError:  # It ended a moment ago: its parent has its time.
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            times[int(entry.name)] = sum(map(int, fields[11:15]))
    waiting, ticks = [root], 0
    while waiting:
        pid = waiting.pop()
        ticks += times.get(pid, 0)
        waiting += children.get(pid, [])
    return ticks / _TICK


def per_request(before: Mapping[str, float], after: Mapping[str, float], requests: int) -> dict[str, float]:
    """Milliseconds of CPU a request, by program."""
    return {name: (after[name] - before[name]) * 1000 / max(requests, 1) for name in before}


def _fields(pid: int) -> list[str]:
    # After the name, which may hold spaces: state, parent, … utime, stime, and the two of children that ended.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
