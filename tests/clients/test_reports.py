"""What others' tests say is not lost: failures fail, and so does a failure that was expected and did not come."""

import sys
from pathlib import Path

from tests.clients.reports import Case, run_pytest, verdict

_THREE = """
import pytest
def test_passes(): pass
def test_fails(): assert 1 == 2
def test_skips(): pytest.skip("not today")
@pytest.fixture
def broken(): raise OSError("no disk")
def test_breaks(broken): pass
"""


def test_every_end_but_passing_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_three.py").write_text(_THREE)

    cases = run_pytest(Path(sys.executable), ["."], cwd=tmp_path, home=tmp_path, env={}, seconds=60)

    ends = {case.name.rpartition("::")[2]: case.failure for case in cases}
    assert ends["test_passes"] is None
    assert "assert 1 == 2" in str(ends["test_fails"])
    assert "not today" in str(ends["test_skips"])
    assert "no disk" in str(ends["test_breaks"])


def test_a_failure_must_be_expected_and_what_is_expected_must_fail() -> None:
    passed, failed = Case("a::b", 0.1, None), Case("a::b", 0.1, "boom")

    assert verdict(passed, None) is None
    assert verdict(failed, "cannot be") is None
    assert "boom" in str(verdict(failed, None))
    assert "take it off the list" in str(verdict(passed, "cannot be"))
