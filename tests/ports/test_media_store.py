"""What every media store must do, whichever it is."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.media.folder_store import FolderStore
from app.media.store import KEY, SOURCE, MediaStore

pytestmark = pytest.mark.anyio
_TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return FolderStore(tmp_path / "media")


async def keep(store: MediaStore, data: bytes = b"data", ending: str = "jpg") -> str:
    async with store.workspace() as folder:
        (folder / "x").write_bytes(data)
        return await store.keep(folder / "x", ending=ending)


async def listed(store: MediaStore, moment: datetime = _TOMORROW) -> set[str]:
    return {key async for keys in store.list_before(moment, at_once=2) for key in keys}


async def test_gives_back_what_it_keeps_under_keys_nobody_guesses(store: MediaStore) -> None:
    keys = {await keep(store, str(number).encode()) for number in range(5)}

    assert len(keys) == 5
    assert all(KEY.fullmatch(key) for key in keys)
    assert {path.read_bytes() for key in keys if (path := store.find(key))} == {b"0", b"1", b"2", b"3", b"4"}


async def test_names_a_source_so_that_it_is_never_served(store: MediaStore) -> None:
    key = await keep(store, ending=SOURCE)
    assert store.find(key)
    assert not KEY.fullmatch(key)


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../x", "/etc/passwd", "0" * 32, "0" * 32 + ".exe", "0" * 32 + ".jpg\n"]
)
async def test_finds_and_removes_nothing_by_what_is_no_key(store: MediaStore, tmp_path: Path, key: str) -> None:
    (tmp_path / "x").write_text("mine")
    assert store.find(key) is None
    await store.remove([key])
    assert (tmp_path / "x").exists()


async def test_removes_once_or_twice(store: MediaStore) -> None:
    key = await keep(store)
    await store.remove([key, key])
    assert store.find(key) is None


async def test_lists_what_is_old(store: MediaStore) -> None:
    keys = {await keep(store, ending=ending) for ending in ("jpg", "mp4", SOURCE)}
    assert await listed(store) == keys
    assert await listed(store, datetime.now(UTC) - timedelta(minutes=1)) == set()


async def test_a_workspace_is_gone_afterwards(store: MediaStore) -> None:
    folders = []

    async def work() -> None:
        async with store.workspace() as folder:
            folders.append(folder)
            (folder / "x").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await work()
    assert not folders[0].exists()


class TestFolder:
    async def test_spreads_files_and_lets_only_its_own_group_read(self, store: MediaStore, tmp_path: Path) -> None:
        key = await keep(store)
        path = store.find(key)
        assert path
        assert path.relative_to(tmp_path / "media").as_posix() == f"files/{key[:2]}/{key[2:4]}/{key}"
        assert path.stat().st_mode & 0o777 == 0o640

    async def test_clears_away_work_that_was_cut_off(self, store: MediaStore, tmp_path: Path) -> None:
        await keep(store)
        left = tmp_path / "media" / "work" / "left"
        left.mkdir()
        os.utime(left, (time.time() - 90_000,) * 2)
        await listed(store, datetime.now(UTC) - timedelta(days=1))
        assert not left.exists()

    def test_makes_no_folder_before_it_is_needed(self, tmp_path: Path) -> None:
        FolderStore(tmp_path / "media").find("0" * 32 + ".jpg")
        assert not (tmp_path / "media").exists()
