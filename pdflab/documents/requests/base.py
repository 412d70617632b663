"""The base classes of all request models, and pydantic's validation errors as sentences.

Read next: pdflab/documents/requests/custom.py.
"""

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

_MAX_PROBLEMS = 20
FAST, FULL = "<fast>", "<full>"  # a field's two checks, in the places of errors

_SENTENCES = {
    "value_error": "{error}",
    "missing": "is required",
    "extra_forbidden": "is not known here: remove it, or correct its spelling",
    "string_type": "must be a text",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be blank",
    "string_pattern_mismatch": "must be capital letters only, such as DE for a country or EUR for a currency",
    "too_short": "must have at least {min_length} entries, not {actual_length}",
    "too_long": "must have at most {max_length} entries, not {actual_length}",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "float_type": "must be a number",
}


class RequestModel(BaseModel):
    """A part of a request: unknown fields are refused, and nothing changes after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentRequest(RequestModel):
    """A checked request for one document; each kind has a subclass, chosen by `type`."""

    type: str

    @property
    def caption(self) -> str:
        """Return what a person knows the document by: its title, or the buyer of an invoice."""
        return str(getattr(self, "title", None) or self.type)


def problems_in(error: ValidationError) -> list[tuple[str, str]]:
    """Return the first 20 problems, each a path such as `lines.2.quantity` and a sentence."""
    found = [details for details in error.errors(include_url=False) if not _is_of_fast_check(details)]
    return [(_path(details), _sentence(details)) for details in found[:_MAX_PROBLEMS]]


def _is_of_fast_check(details: ErrorDetails) -> bool:
    return FAST in details["loc"] and details["type"] != "extra_forbidden"  # whose name is the client's


def _path(details: ErrorDetails) -> str:
    of_client = details["type"] == "extra_forbidden"
    return ".".join(str(part) or '""' for part in details["loc"] if of_client or part != FULL)


def _sentence(details: ErrorDetails) -> str:
    sentence = _SENTENCES.get(details["type"])
    if sentence:
        return sentence.format(**details.get("ctx", {}))
    return details["msg"].replace("Decimal input", "Input").replace("Input should", "must")
