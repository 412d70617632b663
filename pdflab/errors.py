"""What can go wrong, one sentence each: the message says what happened and what to do next.

Read next: settings.py.
"""


class PdfLabError(Exception):
    """Raised when pdflab cannot do what was asked; the root of every error below."""


class UsageError(PdfLabError):
    """Raised when a setting or an argument cannot work: the command line prints it and exits with 2."""


class BrokerUnavailable(PdfLabError):
    """Raised when Redis does not answer; the same call may succeed a moment later."""


class QueueFull(PdfLabError):
    """Raised when the queue has reached its limit; `retry_after` says in how many seconds to ask again."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class KeyReused(PdfLabError):
    """Raised when an idempotency key that stands for one document comes with another."""


class InvalidRequest(PdfLabError):
    """Raised when a request does not describe a document; `problems` names each wrong field."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {what}" if field else what for field, what in problems))


class ImpossibleDocument(PdfLabError):
    """Raised when a valid request can never become a PDF: trying again cannot help."""


class StorageUnavailable(PdfLabError):
    """Raised when pdf_storage/ does not take a file; trying again later may help."""


class LoadFailed(PdfLabError):
    """Raised when a load could not be sent at all, so that it must not be read as a result."""


def require(condition: bool, message: str) -> None:
    """Raise UsageError with the message unless the condition holds."""
    if not condition:
        raise UsageError(message)
