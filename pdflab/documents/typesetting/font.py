"""A font, or the subset of one for a script: its glyphs, their widths, and how letters join.

HarfBuzz reads, subsets and shapes. Widths are thousandths of the font size, as in a PDF.
Read next: pdflab/documents/typesetting/font_book.py.
"""

import re
import struct
import zlib
from collections.abc import Iterable
from functools import cache, cached_property
from typing import NamedTuple

import uharfbuzz as hb
from fpdf.fonts import CORE_FONTS_CHARWIDTHS

ENCODING = "cp1252"  # the characters of the core font: western Europe, the euro sign, typographic quotes
_LAYOUT = ("GSUB", "GPOS", "GDEF")  # how letters join: PDF viewers do not need it
_USELESS = ("MATH", "gasp", "kern", "DSIG", "FFTM", "meta", "COLR", "CPAL", "SVG ", "CBDT", "CBLC", "sbix")
_WEIGHTS = {False: 400, True: 700}
_NAMES = (1, 2, 3, 4, 6)  # the name records to keep

_Numbers = Iterable[int]  # of characters or of glyphs


class Glyph(NamedTuple):
    """A glyph of a shaped text, and its characters; only the first of several glyphs for them has a text."""

    number: int
    advance: int
    right: int
    up: int
    text: str


class CoreFont(NamedTuple):
    """One of the two weights of Helvetica, which every PDF viewer has."""

    bold: bool
    shaped: bool = False  # no letter changes with its neighbours

    def has(self, text: str) -> bool:
        """Return whether there is a glyph for every character of a text."""
        return text.isascii() or is_western(text)

    def width(self, text: str, *, rtl: bool = False) -> int:
        """Return the width of a text in thousandths of its size."""
        return sum(map(_core_widths(self.bold).__getitem__, text))


class Face:
    """A font as documents use it. A `part` is embedded whole; of other fonts, only the glyphs in use."""

    def __init__(self, face: hb.Face, *, shaped: bool, part: bool, bold: bool = False) -> None:
        self.shaped, self.part = shaped, part
        self._face, self._font, self._bold = face, hb.Font(face), bold
        if face.has_var_data:
            self._font.set_variations({"wght": _WEIGHTS[bold]})
        self._scale = 1000 / face.upem
        self._covered = face.unicodes
        self.glyph_count = int(face.glyph_count)
        self.is_cff = "CFF " in face.table_tags  # its outlines are PostScript ones
        nominal = self._font.get_nominal_glyph
        self.glyphs = {chr(code): nominal(code) or 0 for code in self._covered} if part else {}
        self.codes = {character: f"{glyph:04X}" for character, glyph in self.glyphs.items()}
        self._advances = {character: self.advance(glyph) for character, glyph in self.glyphs.items()}

    def has(self, text: str) -> bool:
        """Return whether there is a glyph for every character of a text."""
        if self.part:
            return self.codes.keys() >= set(text)
        return all(ord(character) in self._covered for character in text)

    def width(self, text: str, *, rtl: bool = False) -> int:
        """Return the width of a text of one direction in thousandths of its size."""
        if self.shaped:
            return sum(glyph.advance for glyph in self.shape(text, rtl=rtl))
        return sum(map(self._advances.__getitem__, text))

    def advance(self, glyph: int) -> int:
        """Return the width of a glyph."""
        width: float = self._font.get_glyph_h_advance(glyph) * self._scale
        return round(width)

    def shape(self, text: str, *, rtl: bool = False) -> list[Glyph]:
        """Return the glyphs of a text from left to right, with its letters joined."""
        if not text:
            return []
        buffer = hb.Buffer()
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        buffer.add_str(text)
        buffer.direction = "rtl" if rtl else "ltr"
        buffer.language = "und"  # the default is the locale of the machine
        buffer.guess_segment_properties()
        hb.shape(self._font, buffer)
        starts = sorted({info.cluster for info in buffer.glyph_infos})
        ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
        glyphs = []
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            letters = text[info.cluster : ends.pop(info.cluster, info.cluster)]
            advance, right, up = (
                round(length * self._scale) for length in (place.x_advance, place.x_offset, place.y_offset)
            )
            glyphs.append(Glyph(info.codepoint, advance, right, up, letters))
        return glyphs

    def program(self, used: Iterable[int]) -> bytes:
        """Return the font file to embed, without hints, layout and unused glyphs."""
        if self.part and not self.shaped:
            return bytes(self._face.blob.data)
        glyphs = range(self.glyph_count) if self.part else used
        return bytes(subset(self._face, glyphs=glyphs, bold=self._bold).blob.data)

    @cached_property
    def name(self) -> str:
        """Return the font's name in a PDF, with a tag of six letters for each part of a font."""
        number = zlib.crc32(repr(list(self._covered)).encode()) if self.part else int(self._bold)
        tag = "".join(chr(65 + number // 26**place % 26) for place in range(6))
        plain = re.sub(r"[^A-Za-z0-9-]", "", self._face.get_name(6) or "") or "Unnamed"
        return f"{tag}+{plain}"

    @cached_property
    def measures(self) -> str:
        """Return ascender, descender, cap height and bounding box, as entries of a PDF dictionary."""
        extents = self._font.get_font_extents("ltr")
        capitals = self._font.get_metric_position_with_fallback(hb.OTMetricsTag.CAP_HEIGHT)
        box = struct.unpack_from(">4h", self._face.reference_table("head").data, 36)
        lengths = (extents.ascender, extents.descender, capitals, *box)
        up, down, height, *corners = (str(round(length * self._scale)) for length in lengths)
        return f"/Ascent {up} /Descent {down} /CapHeight {height} /FontBBox [{' '.join(corners)}]"


@cache
def _core_widths(bold: bool) -> dict[str, int]:
    widths = CORE_FONTS_CHARWIDTHS["helveticaB" if bold else "helvetica"]
    return {bytes([byte]).decode(ENCODING, "replace"): widths[chr(byte)] for byte in range(256)}


def is_western(text: str) -> bool:
    """Return whether the core font can write a text."""
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def subset(
    face: hb.Face, *, bold: bool, characters: _Numbers = (), glyphs: _Numbers = (), layout: bool = False
) -> hb.Face:
    """Return the subset of a font for some characters, or for some glyphs, which keep their numbers.

    A variable font gets one weight.
    """
    order, flags = hb.SubsetInput(), hb.SubsetFlags
    order.unicode_set.update(characters)
    order.glyph_set.update(glyphs)
    order.flags = flags.NO_HINTING | flags.NOTDEF_OUTLINE | flags.CFF_IDENTITY_CHARSET
    if glyphs:
        order.flags |= flags.RETAIN_GIDS
        # text is written by glyph numbers; this saves 5 ms for a large font
        order.drop_table_tag_set.add(_tag("cmap"))
    if face.has_var_data:
        order.pin_all_axes_to_default(face)
        order.pin_axis_location(face, "wght", _WEIGHTS[bold])
    order.drop_table_tag_set.update(_tag(name) for name in _USELESS + (() if layout else _LAYOUT))
    order.name_id_set.clear()
    order.name_id_set.update(_NAMES)
    return hb.subset(face, order)


def _tag(name: str) -> int:
    return int.from_bytes(name.encode(), "big")
