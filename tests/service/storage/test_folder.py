"""The storage in a folder: what it promises beyond the contract in test_storage.py."""

import os
import shutil
import time
from pathlib import Path

import pytest
from shorthand import opened

from pdflab.errors import StorageUnavailable, UsageError
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings


@pytest.fixture
def storage(settings: Settings) -> FolderStorage:
    """An empty pdf_storage/."""
    return opened(settings)


def files_in(storage: FolderStorage) -> list[str]:
    """Every file in the folder and beneath it, half-written ones included."""
    return sorted(path.name for path in storage._folder.rglob("*") if path.is_file())


def test_a_stored_pdf_is_there_whole_and_alone(storage: FolderStorage) -> None:
    """What was written aside has been renamed: one file, with its bytes."""
    storage.put("a", "token", b"%PDF- whole %%EOF")

    assert storage.exists("a")
    assert storage.read("a") == b"%PDF- whole %%EOF"
    assert files_in(storage) == ["a.pdf"]


def test_a_writer_that_fails_midway_leaves_nothing(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up between two bytes: no PDF, no remains, and a sentence about it."""

    def write_half(path: Path, pdf: bytes) -> None:
        path.write_bytes(pdf[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_write", write_half)

    with pytest.raises(StorageUnavailable, match="No space left on device"):
        storage.put("a", "token", b"%PDF- whole %%EOF")
    assert not storage.exists("a")
    assert files_in(storage) == []


def test_until_the_file_is_renamed_there_is_none(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader never sees a PDF that is being written, even when every byte of it is there already."""
    seen: list[bool] = []
    rename = os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (seen.append(storage.exists("a")), rename(*paths)))

    storage.put("a", "token", b"%PDF- whole %%EOF")

    assert seen == [False]
    assert storage.exists("a")


def test_two_workers_with_the_same_job_write_beside_each_other(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one starts before the first has renamed: neither touches what the other writes aside."""
    rename = os.replace

    def rename_after_the_other(aside: Path, path: Path) -> None:
        monkeypatch.setattr(os, "replace", rename)
        storage.put("a", "token-2", b"%PDF- second %%EOF")
        assert Path(aside).read_bytes() == b"%PDF- first %%EOF"
        rename(aside, path)

    monkeypatch.setattr(os, "replace", rename_after_the_other)
    storage.put("a", "token-1", b"%PDF- first %%EOF")

    assert storage.read("a") == b"%PDF- first %%EOF"
    assert files_in(storage) == ["a.pdf"]


@pytest.mark.parametrize("fsync", [True, False])
def test_the_disk_is_waited_for_when_power_loss_is_to_be_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: bool
) -> None:
    """With the setting the bytes are on the disk before the file has its name; without it nothing waits."""
    order: list[str] = []
    storage = FolderStorage(tmp_path, fsync=fsync)
    storage.prepare()
    sync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), sync(fd)))
    monkeypatch.setattr(os, "replace", lambda *paths: (order.append("rename"), rename(*paths)))

    storage.put("a", "token", b"%PDF- %%EOF")

    assert order == (["fsync", "rename", "fsync"] if fsync else ["rename"])


def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path: Path) -> None:
    """A file stands where the folder should be: a sentence that names it, before the first PDF is made."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="file/pdfs cannot be written to"):
        FolderStorage(tmp_path / "file" / "pdfs").prepare()


def test_a_folder_that_takes_no_file_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It exists, and is read-only."""

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)

    with pytest.raises(UsageError, match="Permission denied"):
        FolderStorage(tmp_path).prepare()


def test_a_folder_that_went_is_storage_that_is_unavailable(storage: FolderStorage) -> None:
    """Unmounted while the system runs: another try may help."""
    shutil.rmtree(storage._folder)

    with pytest.raises(StorageUnavailable):
        storage.put("a", "token", b"%PDF- %%EOF")


def test_a_folder_that_has_become_useless_is_storage_that_is_unavailable(storage: FolderStorage) -> None:
    """Remounted read-only, or no folder any more: what was written aside cannot even be removed."""
    shutil.rmtree(storage._folder)
    storage._folder.write_text("no folder")

    with pytest.raises(StorageUnavailable):
        storage.put("a", "token", b"%PDF- %%EOF")


def test_deleting_returns_whether_the_pdf_is_gone(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gone is gone, whoever removed it; on a disk that refuses, it is not."""
    storage.put("a", "token", b"%PDF- %%EOF")

    def refuse(path: str) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as read_only:
        read_only.setattr(os, "unlink", refuse)
        assert storage.delete("a") is False

    assert storage.delete("a") is True
    assert storage.delete("never stored") is True


def test_what_is_written_lies_aside_under_the_name_of_its_token(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies leaves it in a small folder: nobody has to look through all that is finished."""
    seen: list[tuple[list[str], list[str]]] = []
    rename, folder = os.replace, storage._folder

    def look_and_rename(*paths: Path) -> None:
        seen.append((sorted(os.listdir(folder)), os.listdir(folder / ".aside")))
        rename(*paths)

    monkeypatch.setattr(os, "replace", look_and_rename)
    storage.put("a", "token", b"%PDF- %%EOF")

    assert seen == [([".aside"], ["a.token"])]


def half_written(storage: FolderStorage, *names: str, seconds_ago: float) -> None:
    """Leave files as workers do that die while they write."""
    for name in names:
        path = storage._folder / ".aside" / name
        path.touch()
        os.utime(path, times=(time.time() - seconds_ago,) * 2)


def test_what_has_lain_half_written_for_long_is_tidied_away(storage: FolderStorage) -> None:
    """By its age; a file that is being written, and one that is finished, however old, stay."""
    storage.put("finished", "token", b"%PDF- %%EOF")
    os.utime(storage._path("finished"), times=(0, 0))
    half_written(storage, "a.old", "b.old", seconds_ago=31)
    half_written(storage, "a.new", seconds_ago=29)

    storage.tidy(older_than=30)

    assert files_in(storage) == ["a.new", "finished.pdf"]


def test_two_workers_that_tidy_at_once_do_not_disturb_each_other(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that goes between the look and the removal is what was wanted."""
    half_written(storage, "a.old", "b.old", seconds_ago=31)
    unlink = os.unlink

    def unlink_after_the_other(path: "os.PathLike[str]") -> None:
        unlink(path)
        unlink(path)

    with monkeypatch.context() as together:
        together.setattr(os, "unlink", unlink_after_the_other)
        storage.tidy(older_than=30), storage.tidy(older_than=30)

    assert files_in(storage) == []


def test_a_folder_that_is_away_is_tidied_another_time(storage: FolderStorage) -> None:
    """No error: the worker has better things to do."""
    shutil.rmtree(storage._folder)

    storage.tidy(older_than=30)

    assert not storage._folder.exists()


def test_a_folder_that_has_become_useless_is_neither_full_nor_empty(storage: FolderStorage) -> None:
    """To call a PDF expired because a disk is away would be a lie."""
    shutil.rmtree(storage._folder)
    storage._folder.write_text("no folder")

    for look in (storage.exists, storage.read):
        with pytest.raises(StorageUnavailable, match="cannot be read"):
            look("a")


def test_an_unwritable_storage_takes_no_pdf_and_serves_those_it_has(storage: FolderStorage) -> None:
    """As on a full disk; afterwards everything is as it was."""
    storage.put("before", "token", b"%PDF- %%EOF")

    with storage.unwritable():
        with pytest.raises(StorageUnavailable):
            storage.put("meanwhile", "token", b"%PDF- %%EOF")
        assert storage.read("before") == b"%PDF- %%EOF"
    storage.put("after", "token", b"%PDF- %%EOF")

    assert files_in(storage) == ["after.pdf", "before.pdf"]
