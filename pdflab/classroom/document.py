"""The document of the class: a report with a student's name on it, so large that it takes half a second.

Real pages, no sleep. Charts and Arabic letters, which are joined and turned, cost a renderer much and a
request little: the API checks it in two milliseconds.

Read next: pdflab/documents/kinds.py.
"""

import json
import time
from functools import lru_cache
from typing import Any

from pdflab.documents.kinds import parse_request

KIND = "report"
_MOST_SECTIONS, _HOURS = 50, 60
_TIMES = 8  # that a section has the article; with ten, the service would refuse the largest document
_ARTICLE = (  # of the Universal Declaration of Human Rights, the first
    "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. "
    "وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء."
)
_NAME = "NAME-OF-A-STUDENT"
_ROUNDS = 3  # of measuring; the fastest counts


def document_for(name: str, size: float) -> dict[str, Any]:
    """Return the request for a student's document; `size` 1 is the largest, 0 the smallest."""
    sections = round(min(max(size, 1 / _MOST_SECTIONS), 1.0) * _MOST_SECTIONS)
    return {
        "type": KIND,
        "title": f"The yearbook of {name}",
        "subtitle": f"{sections} offices, hour by hour",
        "author": name,
        "sections": [_section(number) for number in range(1, sections + 1)],
    }


def body_for(name: str, size: float) -> bytes:
    """Return the request for a student's document as JSON; all but the name is made once."""
    return _body(round(size, 2)).replace(_NAME.encode(), json.dumps(name)[1:-1].encode())


@lru_cache(maxsize=8)
def _body(size: float) -> bytes:
    return json.dumps(document_for(_NAME, size), ensure_ascii=False, separators=(",", ":")).encode()


def _section(number: int) -> dict[str, Any]:
    values = [(hour * 7 + number * 13) % 97 for hour in range(_HOURS)]
    chart = {"kind": "bar" if number % 2 else "line", "title": "Documents an hour"}
    return {
        "heading": f"Office {number}",
        "text": " ".join([_ARTICLE] * _TIMES),
        "chart": chart | {"labels": [str(hour) for hour in range(_HOURS)], "values": values},
    }


def seconds_of_largest() -> float:
    """Render the largest document some times, and return the least processor time, in seconds."""
    from pdflab.documents.render import render
    from pdflab.documents.typesetting.font_book import FontBook

    request, fonts, taken = parse_request(document_for("Ada", 1.0)), FontBook(), []
    for _ in range(_ROUNDS):
        began = time.thread_time()
        render(request, created_at=0.0, fonts=fonts)
        taken.append(time.thread_time() - began)
    return min(taken)
