"""The request for a page of text.

Read next: pdflab/documents/requests/invoice.py.
"""

from typing import Literal

from pydantic import Field

from pdflab.documents.requests.base import DocumentRequest
from pdflab.documents.requests.fields import Prose, Remark, ShortText


class CustomRequest(DocumentRequest):
    """A page of text: a title, paragraphs and a list."""

    type: Literal["custom"] = Field(description="Which document: a free text.")
    title: ShortText = Field(description="Up to 200 characters.")
    text: Prose = Field(description="Paragraphs separated by blank lines; up to 50,000 characters.")
    bullets: list[Remark] = Field([], max_length=200, description="Up to 200 points below the text.")
    paper: Literal["A4", "Letter"] = Field("A4", description="The size of the paper.")
