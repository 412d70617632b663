"""pdf_storage/: whole or not at all."""

import os
from pathlib import Path

import pytest
from shorthand import opened

from pdflab.errors import StorageUnavailable, UsageError
from pdflab.service.storage import Storage
from pdflab.settings import Settings


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty pdf_storage/."""
    return opened(settings)


def test_a_stored_pdf_is_there_whole_and_alone(storage: Storage) -> None:
    """What was written aside has been renamed: one file, with its bytes."""
    storage.put("a", "token", b"%PDF- whole")

    assert storage.has("a")
    assert storage.path("a").read_bytes() == b"%PDF- whole"
    assert os.listdir(storage.folder) == ["a.pdf"]


def test_a_writer_that_fails_midway_leaves_nothing(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up between two bytes: no PDF, no remains, and a sentence about it."""

    def write_half(path: Path, pdf: bytes) -> None:
        path.write_bytes(pdf[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_write", write_half)

    with pytest.raises(StorageUnavailable, match="No space left on device"):
        storage.put("a", "token", b"%PDF- whole")
    assert not storage.has("a")
    assert os.listdir(storage.folder) == []


def test_until_the_file_is_renamed_there_is_none(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader never sees a PDF that is being written, even when every byte of it is there already."""
    seen: list[bool] = []
    rename = os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (seen.append(storage.has("a")), rename(*paths)))

    storage.put("a", "token", b"%PDF- whole")

    assert seen == [False]
    assert storage.has("a")


def test_two_workers_with_the_same_job_write_beside_each_other(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one starts before the first has renamed: neither touches what the other writes aside."""
    rename = os.replace

    def rename_after_the_other(aside: Path, path: Path) -> None:
        monkeypatch.setattr(os, "replace", rename)
        storage.put("a", "token-2", b"%PDF- second")
        assert Path(aside).read_bytes() == b"%PDF- first"
        rename(aside, path)

    monkeypatch.setattr(os, "replace", rename_after_the_other)
    storage.put("a", "token-1", b"%PDF- first")

    assert storage.path("a").read_bytes() == b"%PDF- first"
    assert os.listdir(storage.folder) == ["a.pdf"]


@pytest.mark.parametrize("fsync", [True, False])
def test_the_disk_is_waited_for_when_power_loss_is_to_be_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: bool
) -> None:
    """With the setting the bytes are on the disk before the file has its name; without it nothing waits."""
    order: list[str] = []
    sync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), sync(fd)))
    monkeypatch.setattr(os, "replace", lambda *paths: (order.append("rename"), rename(*paths)))

    Storage(tmp_path, fsync=fsync).put("a", "token", b"%PDF-")

    assert order == (["fsync", "rename"] if fsync else ["rename"])


def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path: Path) -> None:
    """A file stands where the folder should be: a sentence that names it, before the first PDF is made."""
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="file/pdfs cannot be written to"):
        Storage(tmp_path / "file" / "pdfs").open()


def test_a_folder_that_takes_no_file_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It exists, and is read-only."""

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)

    with pytest.raises(UsageError, match="Permission denied"):
        Storage(tmp_path).open()


def test_a_folder_that_went_is_storage_that_is_unavailable(storage: Storage) -> None:
    """Unmounted while the system runs: another try may help."""
    storage.folder.rmdir()

    with pytest.raises(StorageUnavailable):
        storage.put("a", "token", b"%PDF-")


def test_a_folder_that_has_become_useless_is_storage_that_is_unavailable(storage: Storage) -> None:
    """Remounted read-only, or no folder any more: what was written aside cannot even be removed."""
    storage.folder.rmdir()
    storage.folder.write_text("no folder")

    with pytest.raises(StorageUnavailable):
        storage.put("a", "token", b"%PDF-")


def test_a_removed_pdf_is_gone_and_removing_it_again_is_harmless(storage: Storage) -> None:
    """Two workers may hear that the same file's time is over."""
    storage.put("a", "token", b"%PDF-")

    storage.remove("a")
    storage.remove("a")

    assert not storage.has("a")
