"""toot's own integration tests (GPL-3.0, so run as a program of its own: never imported, nothing of it copied)."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.conftest import Service
from tests.clients.environments import environment, source
from tests.contract import watch

pytestmark = pytest.mark.xdist_group("port-3000")

VERSION = "0.52.1"
SHA256 = "b737173be5587522077c18c4024eb1741a4a30e59d3165e72fd6ce4519d2fecb"
HOW_MANY = 114
_SECONDS = 240

# Test → why it cannot pass. One that is listed and passes fails the run, as does one that fails and is not listed.
EXPECTED_FAILURES: dict[str, str] = {}


@dataclass(frozen=True)
class Case:
    """One of toot's tests, and how it ended."""

    name: str
    seconds: float
    failure: str | None


@pytest.fixture(scope="module")
def cases(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """All of toot's tests, run once."""
    folder = environment("toot")
    home = tmp_path_factory.mktemp("toot")
    report = home / "report.xml"
    done = subprocess.run(
        [
            folder / "bin" / "python", "-m", "pytest", "tests/integration", "-q", "--tb=short",
            "-p", "no:cacheprovider", f"--junitxml={report}",
        ],
        cwd=source(folder, requirement=f"toot=={VERSION}", sha256=SHA256),
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TOOT_TEST_BASE_URL": service.url,
        },
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )  # fmt: skip
    assert report.exists(), f"{done.stdout}{done.stderr}"[-3000:]
    return _read(report)


def _read(report: Path) -> list[Case]:
    cases = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.attrib['classname'].rpartition('.')[2]}::{case.attrib['name']}"
        ends = [end for end in case if end.tag in ("failure", "error", "skipped")]
        failure = "\n".join(f"{end.tag}: {end.text or end.attrib.get('message')}" for end in ends)
        cases.append(Case(name, float(case.attrib["time"]), failure or None))
    return cases


def test_toots_own_tests_pass(cases: list[Case], service: Service, subtests: pytest.Subtests) -> None:
    assert len(cases) == HOW_MANY
    assert set(EXPECTED_FAILURES) <= {case.name for case in cases}
    for case in cases:
        with subtests.test(case.name):
            reason = EXPECTED_FAILURES.get(case.name)
            if case.failure and not reason:
                pytest.fail(f"{case.name} ({case.seconds:.1f} s)\n{case.failure}\n{service.trouble()}", False)
            if reason and not case.failure:
                pytest.fail(f"{case.name} passes: take it off the list ({reason})", False)


def test_every_answer_it_got_is_one_we_describe(cases: list[Case], service: Service) -> None:
    assert len(service.answers()) > HOW_MANY
    assert service.violations() == []


@pytest.mark.skipif(not watch.SCHEMA.exists(), reason=watch.ABSENT)
def test_every_answer_was_held_against_mastodons_schema(cases: list[Case]) -> None:
    assert watch.mastodons()
