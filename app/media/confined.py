"""Limits for a process that reads what anybody sent. As a program: `confined.py MEMORY SECONDS BYTES -- program …`.

Run by its path with a bare Python (-I -S), it must import nothing of ours.
"""

import os
import resource
import sys


def confine(*, memory: int, seconds: float, file_bytes: int) -> None:
    """Lower this process's own limits and priority; the kernel takes it first when memory runs out."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            pass  # macOS knows some of them in name only
    os.nice(10)
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass  # not Linux


if __name__ == "__main__":
    memory, seconds, file_bytes = map(int, sys.argv[1:4])
    confine(memory=memory, seconds=seconds, file_bytes=file_bytes)
    os.execv(sys.argv[5], sys.argv[5:])
