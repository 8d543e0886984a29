"""A program's own pytest, run in its environment: every test of it with its end."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.conftest import Service


@dataclass(frozen=True)
class Case:
    """One test, and how it ended."""

    name: str
    seconds: float
    failure: str | None


def run_pytest(
    python: Path, arguments: Sequence[str], *, cwd: Path, home: Path, env: Mapping[str, str], seconds: float
) -> list[Case]:
    """Run an environment's pytest, within `seconds`; how each test ended, in their order."""
    report = home / "report.xml"
    done = subprocess.run(
        [python, "-m", "pytest", *arguments, "-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=cwd,
        # Nothing of ours leaks in, nothing of it leaks out.
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            **env,
        },
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert report.exists(), f"{done.stdout}{done.stderr}"[-3000:]
    cases = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.attrib['classname'].rpartition('.')[2]}::{case.attrib['name']}"
        ends = [end for end in case if end.tag in ("failure", "error", "skipped")]
        failure = "\n".join(f"{end.tag}: {end.text or end.attrib.get('message')}" for end in ends)
        cases.append(Case(name, float(case.attrib["time"]), failure or None))
    return cases


def verdict(case: Case, reason: str | None) -> str | None:
    """What is wrong with how a case ended, given the `reason` why it is expected to fail; None if nothing is."""
    if case.failure and not reason:
        return f"{case.name} ({case.seconds:.1f} s)\n{case.failure}"
    if reason and not case.failure:
        return f"{case.name} passes: take it off the list ({reason})"
    return None


def judge(
    cases: Sequence[Case], service: Service, subtests: pytest.Subtests, expected_failures: Mapping[str, str]
) -> None:
    """Report each case as a test of ours."""
    assert set(expected_failures) <= {case.name for case in cases}
    for case in cases:
        with subtests.test(case.name, seconds=case.seconds):
            if wrong := verdict(case, expected_failures.get(case.name)):
                pytest.fail(f"{wrong}\n{service.trouble()}", False)
