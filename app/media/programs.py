"""Other programs, run aside: few at a time, each with a deadline, an empty environment and no way to ask anything."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

from app.kit import log

logger = log.logger(__name__)

_LONGEST_OUTPUT = 256 * 1024


class Slots:
    """So many at a time, in each event loop."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def one(self) -> asyncio.Semaphore:
        """To be entered with `async with`."""
        return self._of_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._number))


class ProgramFailed(Exception):
    """It took too long, was killed, or says it failed. The log knows more."""


async def run(
    program: Sequence[str | Path], *, seconds: float, given: bytes = b"", folder: Path | None = None
) -> bytes:
    """Run `program` to its end and return what it printed; raises ProgramFailed. Killed with all it started."""
    process = await asyncio.create_subprocess_exec(
        *map(str, program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate(given)
    except TimeoutError:
        raise ProgramFailed(f"took more than {seconds:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(process.wait())
    if process.returncode != 0:
        told = errors[-2000:].decode(errors="replace").strip()
        logger.info("a program failed", program=Path(str(program[0])).name, status=process.returncode, told=told)
        raise ProgramFailed(f"status {process.returncode}: {told[-500:]}")
    return output[:_LONGEST_OUTPUT]


def python() -> list[str]:
    """Our own Python, without the environment's or the user's additions."""
    return [sys.executable, "-I"]
