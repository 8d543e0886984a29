"""Mastodon.py (MIT), unmodified, walks a full day of use: `tests/clients/day`, run in an environment of its own."""

import pytest

from tests.clients.conftest import ROOT, Service
from tests.clients.environments import environment
from tests.clients.reports import Case, judge, run_pytest

pytestmark = pytest.mark.xdist_group("port-3000")

# In the order of the day: each goes on from where the one before left.
DAY = ("arriving", "relating", "posting", "reading", "notified", "listening", "passing_on")
_SECONDS = 180


@pytest.fixture(scope="module")
def cases(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """The day, walked once."""
    ours = ["-c", "tests/clients/day/pytest.ini", "--rootdir=.", "--noconftest", "-p", "tests.clients.day.steps"]
    return run_pytest(
        environment("mastodon-py") / "bin" / "python",
        [*ours, *(f"tests/clients/day/{part}.py" for part in DAY)],
        cwd=ROOT,
        home=tmp_path_factory.mktemp("mastodon-py"),
        env={"DAY_URL": service.url},
        seconds=_SECONDS,
    )


def test_a_day_of_use_goes_well(cases: list[Case], service: Service, subtests: pytest.Subtests) -> None:
    assert len(cases) >= 50
    judge(cases, service, subtests, {})


def test_every_answer_it_got_is_one_we_describe(cases: list[Case], service: Service) -> None:
    assert len(service.answers()) > len(cases)
    assert service.violations() == []
