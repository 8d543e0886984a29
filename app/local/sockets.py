"""Where a server's Unix socket goes: beside its data if the path allows it, else under a short name."""

import hashlib
import os
import re
import stat
from pathlib import Path

from app.local.errors import LocalError
from app.local.processes import Account

# The kernel keeps a socket's path in 104 bytes on macOS and 108 on Linux, the closing zero included.
_LONGEST = 103
# Anything else would have to be escaped in a URL, and clients disagree on how.
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")


def socket_folder(beside: Path, *, name: str, account: Account | None) -> Path:
    """A folder only the server's account may enter: `beside`, or a short one when a socket `name` does not fit there.

    Raises `LocalError` if the short one belongs to somebody else.
    """
    path = str(beside / name)
    if len(path) <= _LONGEST and _PLAIN.fullmatch(path):
        return beside
    short = Path("/tmp") / f"weizhi-{hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]}"
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    try:
        short.mkdir(mode=0o700)
        os.chown(short, uid, gid)
    except FileExistsError:
        found = short.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
            raise LocalError(f"{short} belongs to somebody else: remove it") from None
    return short
