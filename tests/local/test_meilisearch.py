"""`meilisearch` on the PATH is used by `weizhi run`, closed to others, and nobody's trouble when it fails."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local.errors import LocalError
from app.local.meilisearch import LocalMeilisearch, meilisearch_program

from .conftest import HERE, PYTHONPATH, processes_in, wait_for
from .test_supervisor import Run, output, port, run

__all__ = ["port", "run"]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `meilisearch` on the PATH."""
    path = tmp_path / "bin" / "meilisearch"
    path.parent.mkdir()
    fake = str(HERE / "fake_meilisearch.py")
    path.write_text(f"#!{sys.executable}\nimport runpy\nrunpy.run_path({fake!r}, run_name='__main__')\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    return path


@pytest.fixture
def server(program: Path, folder: Path) -> Iterator[LocalMeilisearch]:
    found = meilisearch_program()
    assert found == program
    server = LocalMeilisearch(found, folder)
    yield server
    server.stop()


def indexes(url: str, key: str) -> int:
    request = urllib.request.Request(f"{url}/indexes", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return int(answer.status)


def test_answers_its_owner_and_comes_back_at_the_same_address(server: LocalMeilisearch, folder: Path) -> None:
    url = server.start()
    key = server.key
    assert len(key) >= 32
    assert indexes(url, key) == 200
    with pytest.raises(urllib.error.HTTPError):
        indexes(url, "wrong")
    assert (folder / "master.key").stat().st_mode & 0o777 == 0o600
    assert not any(key in line for line in processes_in(folder))
    server.stop()
    assert processes_in(folder) == []
    assert (server.start(), server.key) == (url, key)


def test_data_of_another_version_is_built_anew(server: LocalMeilisearch, folder: Path) -> None:
    old = folder / "data.ms" / "of-another-version"
    old.parent.mkdir()
    old.touch()
    assert indexes(server.start(), server.key) == 200
    assert not old.exists()


def test_a_server_that_does_not_start_says_why(server: LocalMeilisearch, folder: Path) -> None:
    (folder / "broken").touch()
    with pytest.raises(LocalError, match="broken, as told"):
        server.start()
    assert processes_in(folder) == []


def test_weizhi_run_searches_with_it(program: Path, folder: Path, port: int, run: Run) -> None:
    process = run(WEIZHI_TEST_MEILISEARCH="1")
    wait_for(lambda: (folder / "worker.pid").exists())
    told = json.loads((folder / "searches-with").read_text())
    assert indexes(told["WEIZHI_MEILI_URL"], told["WEIZHI_MEILI_KEY"]) == 200
    assert told["WEIZHI_MEILI_URL"] in (folder / "urls.env").read_text()
    process.terminate()
    process.wait(30)
    assert processes_in(folder) == []


def test_weizhi_run_goes_on_without_it(program: Path, folder: Path, port: int, run: Run) -> None:
    (folder / "meilisearch").mkdir()
    (folder / "meilisearch" / "broken").touch()
    run(WEIZHI_TEST_MEILISEARCH="1")
    wait_for(lambda: (folder / "worker.pid").exists())
    assert json.loads((folder / "searches-with").read_text())["WEIZHI_MEILI_URL"] == ""
    assert "PostgreSQL searches instead" in output(folder)
