"""A font of a few boxes, made up on the spot: tests need no font but DejaVu."""

import io
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

SIZE = 1000


def tiny_font(characters: str, *, cff: bool = False) -> bytes:
    """Make a font in which each of the characters is a black square of its full width."""
    names = [".notdef", *(f"u{ord(character):04X}" for character in characters)]
    builder = FontBuilder(SIZE, isTTF=not cff)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(dict(zip(map(ord, characters), names[1:], strict=True)))
    if cff:
        builder.setupCFF(
            "Tiny", {}, {name: _square(T2CharStringPen(SIZE, {})).getCharString() for name in names}, {}
        )
    else:
        builder.setupGlyf({name: _square(TTGlyphPen({})).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (SIZE, 100)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Tiny", "styleName": "Regular", "psName": "Tiny"})
    builder.setupOS2()
    builder.setupPost()
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def _square(pen: Any) -> Any:
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen
