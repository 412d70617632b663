"""The base classes of all request models.

Read next: pdflab/documents/requests/custom.py.
"""

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """A part of a request: unknown fields are refused, and nothing changes after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentRequest(RequestModel):
    """A checked request for one document; each kind has a subclass, chosen by `type`."""

    type: str
