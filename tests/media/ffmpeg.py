"""An ffmpeg for tests: WEIZHI_TEST_FFMPEG, else the one on PATH, else one fetched into an environment of its own.

It is an external program under its own licence (GPL): never a dependency of ours, and nothing of it is committed.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

_PACKAGE = "imageio-ffmpeg==0.8.1"
_FOLDER = Path(sys.prefix) / "ffmpeg-for-tests"
_WHERE = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"


def program() -> Path:
    """The path of an ffmpeg; fetches one, once, where the machine has none."""
    given = os.environ.get("WEIZHI_TEST_FFMPEG") or shutil.which("ffmpeg")
    return Path(given) if given else _fetched()


def _fetched() -> Path:
    _FOLDER.mkdir(exist_ok=True)
    python = _FOLDER / "venv" / "bin" / "python"
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_FOLDER / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", _FOLDER / "venv"], check=True, timeout=120)
            quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:", "--no-deps"]
            subprocess.run([python, "-m", "pip", "install", *quiet, _PACKAGE], check=True, timeout=600)
            (_FOLDER / "ready").touch()
    found = subprocess.run([python, "-c", _WHERE], check=True, capture_output=True, text=True, timeout=60)
    return Path(found.stdout.strip())
