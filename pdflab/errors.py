"""The errors of pdflab. Each message says in a sentence what happened and what to do next.

Read next: pdflab/settings.py.
"""


class PdfLabError(Exception):
    """Raised when pdflab cannot do what was asked; the base of every error below."""


class UsageError(PdfLabError):
    """Raised when a setting or an argument cannot work; the command line prints it and exits with 2."""


class BrokerUnavailable(PdfLabError):
    """Raised when Redis does not answer; the same call may succeed a moment later."""


class QueueFull(PdfLabError):
    """Raised when the queue has reached its limit; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class KeyReused(PdfLabError):
    """Raised when the idempotency key of one document is sent with another."""


class InvalidRequest(PdfLabError):
    """Raised when a request is not valid; `problems` has each wrong field and what is wrong with it."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {what}" if field else what for field, what in problems))


class ImpossibleDocument(PdfLabError):
    """Raised when a valid request can never become a PDF; another try cannot help."""


class StorageUnavailable(PdfLabError):
    """Raised when the storage does not accept or return a file; another try later may help."""


class LoadFailed(PdfLabError):
    """Raised when a load could not be sent, so that there is no result."""


def require(condition: bool, message: str) -> None:
    """Raise UsageError with the message unless the condition holds."""
    if not condition:
        raise UsageError(message)
