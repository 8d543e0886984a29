"""Processes: started so that they end with us, told apart from strangers, and stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.local.errors import LocalError

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the machine that a process runs as, other than our own."""

    uid: int
    gid: int


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    dies_by: signal.Signals,
    output: Path | None = None,
    account: Account | None = None,
    cwd: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that a Ctrl-C reaches only us, who stop all in order.

    `dies_by` is the signal it gets when we are killed (Linux). `output` is a file to append to;
    without one it keeps our terminal. Call from the main thread: the kernel takes the death of the
    spawning thread for ours. Raises `LocalError` when the program cannot be run.
    """
    try:
        with output.open("ab") if output else nullcontext() as file:
            return subprocess.Popen(
                argv,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL if file else None,
                stdout=file,
                stderr=file,
                start_new_session=True,
                preexec_fn=ending_with_us(dies_by),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise LocalError(f"{argv[0]} cannot be started: {error}") from error


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    account: Account | None = None,
    pass_fds: Collection[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end from `/`, its whole output in `stdout`. Raises OSError if it cannot start."""
    return subprocess.run(
        argv,
        env=env,
        cwd="/",
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        start_new_session=True,
        preexec_fn=ending_with_us(signal.SIGTERM),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def ending_with_us(signum: signal.Signals) -> Callable[[], None] | None:
    """What a child does just before exec, so that the kernel sends it `signum` when we die; None without such a kernel.

    It must run after the change of account, which clears the wish; `preexec_fn` does.
    """
    if sys.platform != "linux":
        return None
    parent = os.getpid()

    def arrange() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
        # We may have died before the wish was heard; then nobody would ever end this child.
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def stop(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait its seconds; whoever is left after the last is killed."""
    for signum, seconds in steps:
        process.send_signal(signum)
        try:
            process.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()


def stop_orphan(pid: int, *steps: tuple[signal.Signals, float]) -> None:
    """As `stop`, for a process that is not our child. It is never taken for a newer one with its number."""
    life = life_of(pid)
    for signum, seconds in (*steps, (signal.SIGKILL, 5.0)):
        if life is None or life_of(pid) != life:
            return
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise LocalError(f"process {pid} of an earlier run belongs to another account: stop it first") from error
        wait_until(lambda: life_of(pid) != life, seconds=seconds)


def life_of(pid: int) -> str | None:
    """A mark that no other process ever has, even with the same number; None when no such process lives.

    A zombie does not live: in containers whose first process reaps nobody, zombies stay for ever.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        # The name, in parentheses, may hold spaces; the state follows it, the start time 19 fields later.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{_boot()} {fields[19]}"
    return _life_by_ps(pid)


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _life_by_ps(pid: int) -> str | None:
    # No locale of the person's, lest the same time be written in two ways.
    state, _, start = _ps("-o", "stat=,lstart=", "-p", str(pid), LC_ALL="C").strip().partition(" ")
    return None if not state or state.startswith("Z") else start.strip()


def serving(folder: Path, *, programs: Collection[str], mark: str) -> list[int]:
    """Live processes of `programs` that work in `folder`; where the kernel hides that, whose command shows `mark`."""
    if sys.platform == "linux":
        return _working_in(folder, programs)
    return _showing(mark, programs)


def _working_in(folder: Path, programs: Collection[str]) -> list[int]:
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            ours = (process / "comm").read_text().strip() in programs and Path(os.readlink(process / "cwd")) == folder
        except OSError:
            continue
        if ours and life_of(int(process.name)):
            found.append(int(process.name))
    return found


def _showing(mark: str, programs: Collection[str]) -> list[int]:
    found = []
    for line in _ps("-axww", "-o", "pid=,stat=,comm=").splitlines():
        pid, state, name = line.split(maxsplit=2)
        if state.startswith("Z") or not any(program in name for program in programs):
            continue
        if mark in _ps("-ww", "-o", "command=", "-p", pid):
            found.append(int(pid))
    return found


def _ps(*arguments: str, **env: str) -> str:
    listing = subprocess.run(
        ["ps", *arguments], env={**os.environ, **env}, capture_output=True, text=True, errors="replace", check=False
    )
    return listing.stdout


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.02) -> bool:
    """Whether `condition` came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
