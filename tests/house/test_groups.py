"""Tests that share what there is one of run in one process."""

import pytest


@pytest.mark.xdist_group("together")
def test_xdist_knows_groups(request: pytest.FixtureRequest, worker_id: str) -> None:
    assert worker_id == "master" or request.node.nodeid.endswith("@together")
