"""The README tells the truth: its commands run and print what it says, its targets and links exist."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
README = (HERE / "README.md").read_text()
_STORY = re.search(r"<!-- main job: begin -->(.*)<!-- main job: end -->", README, re.DOTALL)
_TOOLS = ("bash", "curl", "python3")
# A first start builds the demo world; on a busy machine that takes a while.
_START_SECONDS, _STORY_SECONDS, _STOP_SECONDS = 120, 60, 30
_PRINTED = "printed.txt"

# What differs from run to run: ids, the random end of names, dates, the port.
_VARYING = (
    (r"\b[0-9]{15,}\b", "<id>"),
    (r"\b(recruiter|anna|bo)_[0-9]+", r"\1_<run>"),
    (r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b", "<date>"),
    (r"localhost:[0-9]+", "localhost:<port>"),
)


def story() -> list[tuple[str, str]]:
    """The README's blocks of commands in their order, each with the output it says they print."""
    assert _STORY, "the README has lost the marks around its main job"
    blocks = re.findall(r"```(sh|text)\n(.*?)```", _STORY[1], re.DOTALL)
    told: list[tuple[str, str]] = []
    for kind, text in blocks:
        if kind == "sh":
            told.append((text, ""))
        else:
            told[-1] = (told[-1][0], text)
    return told


def plain(text: str) -> str:
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text.strip()


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[bytes], Path, int]]:
    """`make run` with a new data folder on a free port, ready."""
    # Not pytest's folder: PostgreSQL may run as another account, which that one keeps out.
    data = Path(tempfile.mkdtemp(prefix="weizhi-readme-", dir="/tmp"))
    data.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Neither our settings nor those of the make that runs these tests.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WEIZHI_", "MAKE", "MFLAGS"))}
    with (data / _PRINTED).open("w") as printed:
        process = subprocess.Popen(
            _command(kept),
            cwd=HERE,
            env={**kept, "WEIZHI_DATA": str(data), "PORT": str(port)},
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Who runs the tests in the background ignores interrupts, and whatever they start would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        _wait_until_ready(process, data, port)
        yield process, data, port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=_STOP_SECONDS)
        shutil.rmtree(data, ignore_errors=True)


def _command(env: dict[str, str]) -> list[str]:
    """`make run`, unless that would install something first: then what it runs in the end."""
    if shutil.which("make") and subprocess.run(["make", "-q", ".venv/.runtime"], cwd=HERE, env=env).returncode == 0:
        return ["make", "run"]
    return [sys.executable, "-m", "app.cli", "run"]


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert process.poll() is None, f"it ended: {(data / _PRINTED).read_text()}"
        assert time.monotonic() < deadline, "it is not ready in time"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            # Wakes at once when the process ends, so this is no blind pause.
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue


@pytest.mark.skipif(not all(map(shutil.which, _TOOLS)), reason=f"the README asks for {', '.join(_TOOLS)}")
def test_the_main_job_runs_as_told(running: tuple[subprocess.Popen[bytes], Path, int]) -> None:
    process, data, port = running
    blocks = story()
    ends = [f"--- end of block {number} ---" for number in range(len(blocks))]
    script = "\n".join(f"{commands}\necho '{end}'" for (commands, _), end in zip(blocks, ends, strict=True))

    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "BASE": f"http://localhost:{port}", "PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=_STORY_SECONDS,
    )

    assert ran.returncode == 0, f"{ran.stderr}\n{ran.stdout}"
    rest = ran.stdout
    for (commands, told), end in zip(blocks, ends, strict=True):
        printed, _, rest = rest.partition(end)
        assert plain(printed) == plain(told), f"printed by:\n{commands}"

    # As a terminal does on Ctrl-C: to everyone. make waits for its child, then tells of the interrupt in its own way.
    os.killpg(process.pid, signal.SIGINT)
    code = process.wait(timeout=_STOP_SECONDS)
    last_words = (data / _PRINTED).read_text().partition("Stopping")[2]
    assert code == (-signal.SIGINT if process.args == ["make", "run"] else 0), last_words
    assert last_words.split() == ["…"]
    if sys.platform == "linux":
        assert _processes_in(data) == []


def test_the_story_shows_what_matters() -> None:
    outputs = "\n".join(told for _, told in story())

    for words in (
        '"code":"bad_signature"} 401',
        '"status":"created"',
        "未认证",
        "<em>",
        "repost  anna_",
        "application  bo_",
        '"reposts": 1',
    ):
        assert words in outputs


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (HERE / "Makefile").read_text(), re.MULTILINE))

    for page in _pages():
        named = set(re.findall(r"(?:`|\$ |&& )make ([a-z-]+)", page.read_text()))
        assert named <= targets, page


def test_every_link_leads_somewhere() -> None:
    missing = [
        f"{page.relative_to(HERE)}: {target}"
        for page in _pages()
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if not re.match(r"https?:|mailto:|#", target) and not (page.parent / target.split("#")[0]).exists()
    ]

    assert missing == []


def _pages() -> list[Path]:
    return [*HERE.glob("*.md"), *(HERE / "docs").rglob("*.md"), *(HERE / "deploy").glob("*.md")]


def _processes_in(folder: Path) -> list[str]:
    """Live processes that work in `folder` or name it in their command or environment."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            works_in = os.readlink(process / "cwd")
        except OSError:
            continue
        if works_in.startswith(str(folder)) or str(folder).encode() in known:
            found.append(process.name)
    return found
