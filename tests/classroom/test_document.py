"""The document of the class: with its student's name, as large as is asked for."""

import pytest

from pdflab.classroom.document import document_for, seconds_of_largest
from pdflab.documents.kinds import parse_request


@pytest.mark.parametrize("name", ["Ada", "<b>", "हिन्दी", "محمد", "李雷", "A" * 16, "\U0001f600" * 16])
@pytest.mark.parametrize(("size", "sections"), [(0.0, 1), (0.1, 5), (1.0, 50), (7.0, 50)])
def test_every_document_is_one_that_the_service_takes(name: str, size: float, sections: int) -> None:
    """Whatever a student is called."""
    document = document_for(name, size)

    assert len(document["sections"]) == sections
    assert name in document["title"]
    assert parse_request(document).type == "report"


def test_the_largest_takes_some_time() -> None:
    """It is measured, not assumed."""
    assert 0.01 < seconds_of_largest() < 60
