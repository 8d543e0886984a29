"""Virtual environments for programs of others: made once, kept in the system's cache, found again by what they hold."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
_COMPLETE = ".complete"
# Through a slow index; an environment that exists takes no time at all.
_SECONDS = 300
# Another run does the same; it needs a few minutes.
_PATIENCE_SECONDS = 600


def cache() -> Path:
    """The folder that outlives a run: the system's cache, or its temporary folder."""
    for base in (os.environ.get("XDG_CACHE_HOME"), Path.home() / ".cache", tempfile.gettempdir()):
        if base:
            folder = Path(base) / "weizhi-tests"
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError:
                continue
            if os.access(folder, os.W_OK):
                return folder
    raise OSError("no folder to keep the programs under test in")


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock that every run on this machine knows by name; TimeoutError when another run holds it too long."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with (cache() / f"{name}.lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"another run of these tests holds {file.name}: wait for it to end") from None
                time.sleep(0.2)
        yield


def environment(name: str) -> Path:
    """A folder with a virtual environment that holds what `requirements/NAME.txt` pins."""
    requirements = REQUIREMENTS / f"{name}.txt"
    known = f"{sys.version} {sys.base_prefix} {requirements.read_text()}"
    folder = cache() / f"{name}-{hashlib.sha256(known.encode()).hexdigest()[:16]}"
    with locked(name):
        if not (folder / _COMPLETE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            run([sys.executable, "-m", "venv", folder])
            pip(folder, "install", "--require-hashes", "-r", requirements)
            (folder / _COMPLETE).touch()
    return folder


def source(folder: Path, *, requirement: str, sha256: str) -> Path:
    """The unpacked source package of a requirement (`name==version`), fetched into an environment's folder."""
    unpacked = folder / "source"
    with locked(folder.name):
        if not (unpacked / _COMPLETE).exists():
            shutil.rmtree(unpacked, ignore_errors=True)
            pinned = folder / "source.txt"
            pinned.write_text(f"{requirement} --hash=sha256:{sha256}\n")
            # pip asks a source package for its name; the environment has what it takes to answer.
            plain = ("--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--require-hashes")
            pip(folder, "download", *plain, "-d", folder / "fetched", "-r", pinned)
            (archive,) = (folder / "fetched").glob("*.tar.gz")
            with tarfile.open(archive) as tar:
                tar.extractall(unpacked, filter="data")
            (unpacked / _COMPLETE).touch()
    (tree,) = (entry for entry in unpacked.iterdir() if entry.is_dir())
    return tree


def pip(folder: Path, *arguments: str | Path) -> None:
    """Run an environment's pip."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    run([folder / "bin" / "python", "-m", "pip", *arguments[:1], *quiet, *arguments[1:]])


def run(command: list[str | Path]) -> None:
    """Run a command that must succeed; what it printed is in the error."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode:
        said = f"{done.stdout}{done.stderr}"[-3000:]
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said}")
