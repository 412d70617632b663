"""The types of the fields in requests: plain text, exact numbers, dates and bank accounts.

Each rejects a wrong value with a sentence about its correction.
Read next: pdflab/documents/requests/money.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from pdflab.documents.requests.base import FAST, FULL
from pdflab.documents.requests.iban import is_iban
from pdflab.documents.requests.money import SEPARATORS
from pdflab.documents.typesetting.characters import clean

_MAX_MARKS = 30  # accents in a row, as in the stream-safe text format of UAX #15
_PILE = re.compile(rb"[^\0]{%d}" % (_MAX_MARKS + 1))  # in the classes of characters: 0 is no accent
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
LOCALES = tuple(sorted(" ".join(SEPARATORS.values()).split()))


# An invoice has a hundred fields, most of them plain ASCII: that fast test comes first.


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    if not text.isascii():
        _refuse_stacked_accents(text)
        text = unicodedata.normalize("NFC", text)
    if found := _CONTROL.search(text):
        raise ValueError(f"remove the control character U+{ord(found[0]):04X}: it cannot be printed")
    return text


def _refuse_stacked_accents(text: str) -> None:
    """Refuse text that takes seconds to normalise: NFC sorts accents in quadratic time (UAX #15, 13)."""
    has_accents = len(text) > _MAX_MARKS and any(map(unicodedata.combining, set(text)))
    if has_accents and _PILE.search(bytes(map(unicodedata.combining, text))):
        raise ValueError(f"has more than {_MAX_MARKS} accents on one letter: remove some")


def _one_line(text: str) -> str:
    if not text.isprintable() and re.search("[\n\t\u2028\u2029]", text):
        raise ValueError("must be one line")
    return text


def _visible(text: str) -> str:
    if not (text.isascii() and text.strip()) and not clean(text).strip():
        raise ValueError("must not be blank")
    return text


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(f'write "{value}" as a string: a float cannot hold every cent')
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('must be a number written as a string, such as "12.50", or a whole number')
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError('write a number as digits with a point before the cents, such as "1234.50"')
    return value


def _iso_day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value
    if isinstance(value, date):
        return value
    raise ValueError('write a day as year-month-day, such as "2026-01-31"')


def _known_locale(text: str) -> str:
    locale = text.replace("-", "_")
    if locale not in LOCALES:
        raise ValueError(
            f'must be a language and a country known here, such as "de_DE": {", ".join(LOCALES)}'
        )
    return locale


def _vat_id(text: str) -> str:
    if not re.match(r"[A-Z]{2}.", text):  # EN 16931, BR-CO-09; Greece writes EL
        raise ValueError("must begin with the two capital letters of its country, such as DE123456789")
    return text


def _iban(text: str) -> str:
    iban = "".join(text.split()).upper()
    if not is_iban(iban):
        raise ValueError("is not an IBAN: its check digits do not fit; look for a digit that is wrong")
    return iban


def _bic(text: str) -> str:
    bic = "".join(text.split()).upper()
    if not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", bic):
        raise ValueError('must be the 8 or 11 characters of a BIC, such as "MARKDEF1100"')
    return bic


@dataclass(frozen=True, slots=True, eq=False)  # typing needs a hash
class _Fast:
    """A check in pydantic's compiled core, tried first: most values pass it, and need no Python.

    What does not pass gets the full check, which has the sentences; base.py drops the errors of this one.
    """

    schema: CoreSchema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: list[CoreSchema | tuple[CoreSchema, str]] = [(self.schema, FAST), (handler(source), FULL)]
        return core_schema.union_schema(choices, mode="left_to_right")

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        inner: Any = schema
        while "choices" not in inner:  # a model's own validator is around it
            inner = inner["schema"]
        return handler(inner["choices"][1][0])


def _fast_text(most: int, pattern: str) -> _Fast:
    return _Fast(core_schema.str_schema(max_length=most, pattern=pattern, strict=True))


def _fast_number(digits: int, places: int, *, first: str = "0-9") -> _Fast:
    """Return the check of an unsigned number with so many digits before the point, and `places` behind it."""
    pattern = rf"^[{first}][0-9]{{0,{digits - 1}}}(\.[0-9]{{1,{places}}})?$"
    text = core_schema.str_schema(pattern=pattern, strict=True)
    whole = core_schema.int_schema(strict=True, ge=int(first[0]), lt=10**digits)
    exact = core_schema.union_schema([text, whole], mode="left_to_right")
    return _Fast(core_schema.no_info_after_validator_function(Decimal, exact))


# Letters, and signs of their texts, as NFC writes them: what is printed as it is.
_LETTERS = (
    r"!-~\u{A1}-\u{AC}\u{AE}-\u{17F}\u{391}-\u{3C9}\u{400}-\u{481}\u{5D0}-\u{5EA}\u{621}-\u{64A}"
    r"\u{2013}\u{2014}\u{2018}-\u{201E}\u{2022}\u{2026}\u{20AC}\u{3041}-\u{3096}\u{30A1}-\u{30FA}\u{4E00}-\u{9FFF}"
)
_LINES, _VISIBLE = rf"^[ \n{_LETTERS}]*$", rf"^[ {_LETTERS}]*[{_LETTERS}][ {_LETTERS}]*$"

Printable = AfterValidator(_plain)
Visible = AfterValidator(_visible)
OneLine = AfterValidator(_one_line)
ShortText = Annotated[
    str, Field(min_length=1, max_length=200), Printable, OneLine, Visible, _fast_text(200, _VISIBLE)
]
Remark = Annotated[str, Field(max_length=2_000), Printable, _fast_text(2_000, _LINES)]
VisibleRemark = Annotated[str, Field(max_length=2_000), Printable, Visible, _fast_text(2_000, _VISIBLE)]
Prose = Annotated[str, Field(max_length=50_000), Printable, _fast_text(50_000, _LINES)]
Cell = Annotated[str, Field(max_length=300), Printable, _fast_text(300, _LINES)]
Unit = Annotated[str, Field(min_length=1, max_length=16), Printable, OneLine, _fast_text(16, _VISIBLE)]
Label = Annotated[str, Field(max_length=60), Printable, OneLine]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Locale = Annotated[
    str, AfterValidator(_known_locale), Field(max_length=10, json_schema_extra={"enum": [*LOCALES]})
]
VatId = Annotated[Label, AfterValidator(_vat_id)]
Iban = Annotated[str, Field(max_length=50), AfterValidator(_iban)]
Bic = Annotated[str, Field(max_length=20), AfterValidator(_bic)]
Day = Annotated[date, BeforeValidator(_iso_day, json_schema_input_type=date)]
Exact = BeforeValidator(_exact, json_schema_input_type=str | int)
Unsigned = AfterValidator(abs)  # "-0" is not negative, and would be printed with its sign
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2), Exact, Unsigned, _fast_number(2, 2)]
HolderName = Annotated[str, Field(min_length=1, max_length=70), Printable, OneLine, Visible]
Quantity = Annotated[
    Decimal,
    Field(gt=0, le=10**6, decimal_places=4),
    Exact,
    Unsigned,
    _fast_number(6, 4, first="1-9"),
]
Price = Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4), Exact, Unsigned, _fast_number(9, 4)]
Amount = Annotated[Decimal, Field(ge=0, le=10**15, decimal_places=4), Exact, Unsigned, _fast_number(15, 4)]
Value = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False, strict=True)]
