"""The base classes of all request models, and pydantic's validation errors as sentences.

Read next: pdflab/documents/requests/custom.py.
"""

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

_MAX_PROBLEMS = 20

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


def problems_in(error: ValidationError) -> list[tuple[str, str]]:
    """Return the first 20 problems, each a path such as `lines.2.quantity` and a sentence."""
    problems = error.errors(include_url=False)[:_MAX_PROBLEMS]
    return [(".".join(map(str, details["loc"])), _sentence(details)) for details in problems]


def _sentence(details: ErrorDetails) -> str:
    sentence = _SENTENCES.get(details["type"])
    if sentence:
        return sentence.format(**details.get("ctx", {}))
    return details["msg"].replace("Decimal input", "Input").replace("Input should", "must")
