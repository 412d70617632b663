"""One job is seen from outside: in jobs.log, and as a table of its record, and as a page."""

import io
import json
from collections.abc import Iterator

import PIL.Image
import pytest
from pypdfium2 import PdfiumError

from pdflab.jobs import JobEvent
from pdflab.lab import Lab
from pdflab.notebook.job_view import first_page, log_lines, table


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(mode="threads") as lab:
        yield lab


def test_a_jobs_own_lines_are_found_in_the_log(lab: Lab) -> None:
    """As they stand there, each an event."""
    lab.custom(title="Another", text="In between.")
    job_id = lab.custom(title="Hello", text="From the queue.")
    lab.wait()

    events = [JobEvent.from_fields(json.loads(line)) for line in log_lines(lab, job_id)]

    assert events == [event for event in lab.events() if event.job_id == job_id]
    assert len(events) == 3


def test_a_table_has_a_line_for_each_field_that_says_something() -> None:
    """Names of one width; a list under its first item; what is not yet is left out."""
    fields = {"state": "FAILED", "reason": None, "errors": 0, "history": [{"at": 1.5, "state": "QUEUED"}] * 2}
    fields |= {"result": {"pages": 3, "missing_glyphs": []}}

    assert table(fields).splitlines() == [
        "state    FAILED",
        "history  at 1.5  state QUEUED",
        "         at 1.5  state QUEUED",
        "result   pages 3",
    ]
    assert table({}) == ""


def test_a_page_is_painted_as_wide_as_was_asked_for(lab: Lab) -> None:
    """A notebook shows it, a control room shows it small."""
    job_id = lab.invoice()
    lab.wait()
    pdf = lab.pdf(job_id) or b""

    assert PIL.Image.open(io.BytesIO(first_page(pdf, width=110).data)).width == 110
    assert PIL.Image.open(io.BytesIO(first_page(pdf).data)).width == 420


def test_what_is_no_pdf_has_no_page() -> None:
    """Who shows a file that may not be one of ours has to expect that."""
    with pytest.raises(PdfiumError):
        first_page(b"not a PDF")
