"""Mastodon.py (MIT), unmodified, walks a full day of use: `tests/clients/day`, run in an environment of its own."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.conftest import ROOT, Service
from tests.clients.environments import environment

pytestmark = pytest.mark.xdist_group("port-3000")

_SECONDS = 180


@dataclass(frozen=True)
class Step:
    """One step of the day, and how it ended."""

    step: str
    seconds: float
    failure: str | None


@pytest.fixture(scope="module")
def steps(service: Service) -> list[Step]:
    """The day, walked once."""
    done = subprocess.run(
        [environment("mastodon-py") / "bin" / "python", "-m", "tests.clients.day", service.url],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [Step(**json.loads(line)) for line in done.stdout.splitlines()]


def test_a_day_of_use_goes_well(steps: list[Step], service: Service, subtests: pytest.Subtests) -> None:
    written = sum(file.read_text().count("\n@step\n") for file in (Path(__file__).parent / "day").glob("*.py"))
    assert len(steps) == written > 40
    for step in steps:
        with subtests.test(step.step):
            if step.failure:
                pytest.fail(f"{step.step} ({step.seconds} s)\n{step.failure}\n{service.trouble()}", False)


def test_every_answer_it_got_is_one_we_describe(steps: list[Step], service: Service) -> None:
    assert len(service.answers()) > len(steps)
    assert service.violations() == []
