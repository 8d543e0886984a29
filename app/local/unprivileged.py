"""For root alone: PostgreSQL refuses to run as root, so its server gets an account that can do nothing else."""

import hashlib
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from app.local.errors import LocalError
from app.local.processes import Account, run

# In a folder, the link to where its server really keeps its files.
ELSEWHERE = "elsewhere"
_NAMES = ("weizhi", "postgres", "nobody")
# Folders that every account may enter and that last; some systems clear the second of old files.
_PUBLIC = (Path("/var/lib"), Path("/var/tmp"))
_ENV = {"PATH": "/usr/bin:/bin"}


def server_account(home: Path) -> Account | None:
    """The account to run the server of `home` as: the owner of its data, if there is some. None: our own, not root.

    Raises `LocalError` when this machine has no account without rights.
    """
    if os.geteuid() != 0:
        return None
    for data in (home / ELSEWHERE / "data", home / "data"):
        if data.exists():
            owner = data.stat()
            return Account(owner.st_uid, owner.st_gid)
    for name in _NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LocalError("PostgreSQL refuses to run as root, and no account `nobody` is there: be an ordinary user")


def can_enter(account: Account, folder: Path) -> bool:
    """Whether `account` may go through every folder on the way to `folder`, and into it."""
    return run(["/bin/sh", "-c", 'cd -- "$0"', folder], env=_ENV, account=account).returncode == 0


def reachable_folder(home: Path, account: Account) -> Path:
    """`home`, or a new public folder, linked from `home/elsewhere`, when `account` cannot reach `home`.

    Raises `LocalError` when no folder will do.
    """
    link = home / ELSEWHERE
    if link.is_dir():
        return link.resolve()
    if can_enter(account, home):
        return home
    if (home / "data").exists():
        raise LocalError(f"The account of the data in {home} may not enter that folder any more: chmod o+x its parents")
    link.unlink(missing_ok=True)
    folder = _public_folder(account)
    link.symlink_to(folder)
    return folder


def _public_folder(account: Account) -> Path:
    for parent in _PUBLIC:
        try:
            folder = Path(tempfile.mkdtemp(prefix="weizhi-", dir=parent))
        except OSError:
            continue
        folder.chmod(0o711)
        if can_enter(account, folder):
            return folder
        folder.rmdir()
    raise LocalError("PostgreSQL's account can enter no folder of this machine: start Weizhi as an ordinary user")


def runnable_programs(programs: Path, account: Account) -> Path:
    """`programs`, or a public copy of them, when `account` cannot run them where they are (below a closed home, say).

    Raises `LocalError` when the copy cannot be made or trusted.
    """
    if _runs(programs, account):
        return programs
    installed = programs.parent
    made = (programs / "postgres").stat()
    name = hashlib.sha256(f"{installed} {made.st_mtime_ns} {made.st_size}".encode()).hexdigest()[:16]
    for parent in _PUBLIC:
        copy = parent / f"weizhi-postgresql-{name}"
        try:
            if not copy.is_dir():
                _copy(installed, copy)
            owner = copy.lstat()
        except OSError:
            continue
        copied = copy / installed.parent.name / installed.name / programs.name
        if owner.st_uid == 0 and not owner.st_mode & 0o022 and _runs(copied, account):
            return copied
    raise LocalError(f"PostgreSQL in {programs} cannot be run by an ordinary account: start Weizhi as an ordinary user")


def _runs(programs: Path, account: Account) -> bool:
    try:
        return run([programs / "postgres", "--version"], env=_ENV, account=account).returncode == 0
    except OSError:
        return False


def _copy(installed: Path, copy: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix="weizhi-", dir=copy.parent))
    try:
        unfinished.chmod(0o755)
        package = installed.parent
        shutil.copytree(installed, unfinished / package.name / installed.name, symlinks=True)
        # The wheel keeps its shared libraries in a folder beside the package, found by relative paths.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.rename(copy)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not copy.is_dir():  # else another start was quicker
            raise
