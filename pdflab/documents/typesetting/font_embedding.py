"""A font in a PDF: the five objects of a composite font (ISO 32000, 9.7), as bytes.

The codes in the text of a page are glyph numbers. For a shared part, the objects are made once in a process.
Read next: pdflab/documents/typesetting/text_writer.py.
"""

import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pdflab.documents.typesetting.font import Face

_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{blocks}endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


class Embedding(NamedTuple):
    """The data of an embedded font; the streams are compressed."""

    program: bytes
    length: int  # of the uncompressed program
    texts: bytes  # the characters of each glyph, for copying and searching
    widths: str


def embed(face: Face, used: Mapping[int, str]) -> Embedding:
    """Return the data of a font for a document with these glyphs, each with its characters."""
    if face.part and not face.shaped:
        return _shared(face)
    widths = " ".join(f"{glyph} [{face.advance(glyph)}]" for glyph in sorted(used))
    program = _shared_program(face) if face.part else _compressed(face.program(used))
    return Embedding(*program, _texts(used), widths)


def objects(face: Face, font: Embedding, first: int) -> list[bytes]:
    """Return the five objects in the order of their numbers; the first is the font itself."""
    name, kind = face.name, "CIDFontType0" if face.is_cff else "CIDFontType2"
    mapping = "" if face.is_cff else " /CIDToGIDMap /Identity"
    file = "/FontFile3" if face.is_cff else "/FontFile2"
    return [
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H"
        f" /DescendantFonts [{first + 1} 0 R] /ToUnicode {first + 3} 0 R >>".encode(),
        f"<< /Type /Font /Subtype /{kind} /BaseFont /{name} /FontDescriptor {first + 2} 0 R{mapping} /DW 0"
        f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        f" /W [{font.widths}] >>".encode(),
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /ItalicAngle 0 /StemV 80"
        f" {face.measures} {file} {first + 4} 0 R >>".encode(),
        _stream(font.texts),
        _stream(font.program, "/Subtype /OpenType" if face.is_cff else f"/Length1 {font.length}"),
    ]


@lru_cache(maxsize=64)
def _shared(face: Face) -> Embedding:
    texts = {glyph: character for character, glyph in sorted(face.glyphs.items(), reverse=True)}
    widths = f"0 [{' '.join(str(face.advance(glyph)) for glyph in range(face.glyph_count))}]"
    return Embedding(*_shared_program(face), _texts(texts), widths)


@lru_cache(maxsize=64)
def _shared_program(face: Face) -> tuple[bytes, int]:
    return _compressed(face.program(()), level=9)


def _compressed(program: bytes, level: int = -1) -> tuple[bytes, int]:
    return zlib.compress(program, level), len(program)


def _texts(texts: Mapping[int, str]) -> bytes:
    lines = [
        f"<{glyph:04X}> <{text.encode('utf-16-be').hex()}>\n" for glyph, text in sorted(texts.items()) if text
    ]
    blocks = ""
    for start in range(0, len(lines), 100):  # a block has up to a hundred lines (Adobe Technical Note 5014)
        block = lines[start : start + 100]
        blocks += f"{len(block)} beginbfchar\n{''.join(block)}endbfchar\n"
    return zlib.compress(_CMAP.format(blocks=blocks).encode())


def _stream(data: bytes, more: str = "") -> bytes:
    head = f"<< /Length {len(data)} /Filter /FlateDecode {more} >>\nstream\n"
    return head.encode() + data + b"\nendstream"
