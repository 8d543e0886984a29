"""toot's own integration tests (GPL-3.0, so run as a program of its own: never imported, nothing of it copied)."""

import pytest

from tests.clients.conftest import Service
from tests.clients.environments import environment, source
from tests.clients.reports import Case, judge, run_pytest
from tests.contract import watch

pytestmark = pytest.mark.xdist_group("port-3000")

VERSION = "0.52.1"
SHA256 = "b737173be5587522077c18c4024eb1741a4a30e59d3165e72fd6ce4519d2fecb"
HOW_MANY = 114
_SECONDS = 240

# Test → why it cannot pass. One that is listed and passes fails the run, as does one that fails and is not listed.
EXPECTED_FAILURES: dict[str, str] = {}


@pytest.fixture(scope="module")
def cases(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """All of toot's tests, run once."""
    folder = environment("toot")
    return run_pytest(
        folder / "bin" / "python",
        ["tests/integration"],
        cwd=source(folder, requirement=f"toot=={VERSION}", sha256=SHA256),
        home=tmp_path_factory.mktemp("toot"),
        env={"TOOT_TEST_BASE_URL": service.url},
        seconds=_SECONDS,
    )


def test_its_own_tests_pass(cases: list[Case], service: Service, subtests: pytest.Subtests) -> None:
    assert len(cases) == HOW_MANY
    judge(cases, service, subtests, EXPECTED_FAILURES)


def test_every_answer_it_got_is_one_we_describe(cases: list[Case], service: Service) -> None:
    assert len(service.answers()) > HOW_MANY
    assert service.violations() == []


@pytest.mark.skipif(not watch.SCHEMA.exists(), reason=watch.ABSENT)
def test_every_answer_was_held_against_mastodons_schema(cases: list[Case]) -> None:
    assert watch.mastodons()
