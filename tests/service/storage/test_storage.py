"""The contract of every storage: a PDF is there whole, or not at all. An object store would join the list."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shorthand import client_of, state, submit

from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import StorageUnavailable
from pdflab.jobs import JobState
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.base import Storage, is_whole
from pdflab.service.storage.folder import FolderStorage
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings

PDF = b"%PDF- whole %%EOF"


class MemoryStorage(Storage):
    """A dictionary: the proof that nobody outside asks for a path."""

    def __init__(self) -> None:
        self._pdfs: dict[str, bytes] = {}
        self._writable = True
        self._deployment = ""

    def prepare(self) -> None: ...

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        if not self._writable:
            raise StorageUnavailable("The dictionary takes nothing just now.")
        self._pdfs[job_id] = pdf

    def exists(self, job_id: str) -> bool:
        return is_whole(self._pdfs.get(job_id, b""))

    def read(self, job_id: str) -> bytes | None:
        return self._pdfs.get(job_id)

    def list(self) -> Iterator[str]:
        return iter(self._pdfs)

    def delete(self, job_id: str) -> bool:
        self._pdfs.pop(job_id, None)
        return True

    def tidy(self, *, older_than: float) -> None: ...

    def archive(self, folder: Path) -> None:
        for job_id, pdf in self._pdfs.items():
            (folder / f"{job_id}.pdf").write_bytes(pdf)
        self._pdfs.clear()

    def deployment(self, new: str) -> str:
        self._deployment = self._deployment or new
        return self._deployment

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        self._writable = False
        yield
        self._writable = True


STORAGES: dict[str, Callable[[Path], Storage]] = {
    "folder": lambda folder: FolderStorage(folder / "pdf_storage"),
    "memory": lambda folder: MemoryStorage(),
}


@pytest.fixture(params=STORAGES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each kind."""
    made = STORAGES[request.param](tmp_path)
    made.prepare()
    return made


def test_what_is_stored_is_read_back_whole(storage: Storage) -> None:
    """And nothing before it is stored."""
    before = (storage.exists("a"), storage.read("a"), [*storage.list()])

    storage.put("a", "token", PDF)

    assert before == (False, None, [])
    assert (storage.exists("a"), storage.read("a"), [*storage.list()]) == (True, PDF, ["a"])


def test_two_workers_with_one_job_store_one_pdf(storage: Storage) -> None:
    """Each with its own token: the last one wins, with the same bytes in real life."""
    storage.put("a", "token-1", b"%PDF- first %%EOF")
    storage.put("a", "token-2", b"%PDF- second %%EOF")

    assert (storage.read("a"), [*storage.list()]) == (b"%PDF- second %%EOF", ["a"])


def test_a_deleted_pdf_is_gone_and_deleting_it_again_is_harmless(storage: Storage) -> None:
    """Two workers may find that the same PDF has expired."""
    storage.put("a", "token", PDF)
    storage.put("b", "token", PDF)

    assert [storage.delete("a"), storage.delete("a"), storage.delete("never stored")] == [True] * 3
    assert (storage.exists("a"), storage.read("a"), [*storage.list()]) == (False, None, ["b"])


def test_tidying_spares_what_is_whole(storage: Storage) -> None:
    """However old it is."""
    storage.put("a", "token", PDF)

    storage.tidy(older_than=-1)

    assert storage.read("a") == PDF


def test_an_archive_holds_every_pdf_and_the_storage_begins_empty(storage: Storage, tmp_path: Path) -> None:
    """A new system does not serve what an earlier one has made, and loses nothing of it."""
    storage.put("a", "token", PDF)
    (tmp_path / "archive").mkdir()

    storage.archive(tmp_path / "archive")

    assert [path.read_bytes() for path in (tmp_path / "archive").rglob("a.pdf")] == [PDF]
    assert ([*storage.list()], storage.exists("a")) == ([], False)
    storage.put("b", "token", PDF)
    assert storage.read("b") == PDF


def test_an_unwritable_storage_takes_nothing_and_serves_what_it_has(storage: Storage) -> None:
    """The fault that chaos injects; afterwards it stores again."""
    storage.put("before", "token", PDF)

    with storage.unwritable():
        with pytest.raises(StorageUnavailable):
            storage.put("meanwhile", "token", PDF)
        assert storage.read("before") == PDF
    storage.put("after", "token", PDF)

    assert sorted(storage.list()) == ["after", "before"]


def test_a_worker_stores_and_the_api_serves_from_any_storage(
    storage: Storage, queue: JobQueue, settings: Settings
) -> None:
    """Neither of them knows where the bytes lie."""
    submit(queue, "a")
    api = client_of(queue, settings, storage)

    Worker(queue, storage, render=lambda job: Rendered(PDF, 1)).run_once(0.01)
    answer = api.get("/jobs/a/pdf")
    storage.delete("a")

    assert (state(queue, "a"), answer.status_code, answer.data) == (JobState.COMPLETED, 200, PDF)
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert api.get("/jobs/a/pdf").status_code == 410


def test_a_file_that_is_empty_or_cut_is_no_pdf(storage: Storage) -> None:
    """A worker renders the document again; what was left there is no ending."""
    for left in (b"", b"%PDF-1.4 and then the power", b"a note of someone else"):
        storage.put("a", "token", left)
        assert not storage.exists("a")

    storage.put("a", "token", b"%PDF-1.4 whole\n%%EOF\n")

    assert storage.exists("a")


def test_a_storage_keeps_the_id_of_its_deployment(storage: Storage, tmp_path: Path) -> None:
    """The first id that it is given, also when it begins anew."""
    assert storage.deployment("first") == "first"
    assert storage.deployment("second") == "first"

    (tmp_path / "earlier").mkdir()
    storage.archive(tmp_path / "earlier")

    assert storage.deployment("third") == "first"
