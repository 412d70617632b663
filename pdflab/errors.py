"""The errors of pdflab. Each message states what happened and what to do next.

Read next: pdflab/settings.py.
"""


class PdfLabError(Exception):
    """The base class of all errors of pdflab."""


class UsageError(PdfLabError):
    """Raised for an invalid setting or argument; the command line prints it and exits with 2."""

    def _render_traceback_(self) -> list[str]:
        """Return all that a notebook shows, as IPython asks: the cell above it is where to look."""
        return [f"pdflab: {self}"]


class BrokerUnavailable(PdfLabError):
    """Raised when Redis does not answer; the same call may succeed a moment later."""


class BrokerRefuses(BrokerUnavailable):
    """Raised when Redis answers and refuses: it is full, or lacks a right. It may need a person."""


class QueueFull(PdfLabError):
    """Raised when the queue has reached its limit; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class KeyReused(PdfLabError):
    """Raised when the idempotency key of one document is sent with another."""


class RequestGone(PdfLabError):
    """Raised when the job `job_id` cannot be retried because its request is no longer kept."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"The request of job {job_id} is no longer kept; submit the document again.")


class InvalidRequest(PdfLabError):
    """Raised for an invalid request; `problems` describes each wrong field."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {what}" if field else what for field, what in problems))


class ImpossibleDocument(PdfLabError):
    """Raised when a valid request can never become a PDF; a retry cannot help."""


class StorageUnavailable(PdfLabError):
    """Raised when the storage cannot write or read a file; a later retry may help."""


class LoadFailed(PdfLabError):
    """Raised when a load could not be sent and has no result."""


def require(condition: bool, message: str) -> None:
    """Raise UsageError with the message unless the condition holds."""
    if not condition:
        raise UsageError(message)
