"""QR codes in 0.05 ms: segno draws one template of each size, and only the difference is computed.

A QR code is linear: a flipped bit of the text flips the same modules in any text. So a code is the template,
XOR the modules of the difference. A call of segno takes 0.9 ms with a fixed mask, a third of an invoice of
twelve lines; its tables and its places of the bits are used here. zxing-cpp is as fast as this module, but
cannot write UTF-8 bytes without an ECI header, which banking apps do not expect.
Source: ISO/IEC 18004:2015, 7.4 to 7.7. Read next: pdflab/documents/report/report.py.
"""

from collections.abc import Callable
from functools import cache
from itertools import accumulate, chain, pairwise, zip_longest
from operator import itemgetter
from typing import Any, NamedTuple

import segno
from segno import consts, encoder

MASK = 2  # every third column; all codes use this one, which readers find in the code
_FREE = 3  # segno writes 0 and 1 for the modules of its patterns, and 2 for those of data


class _Template(NamedTuple):
    side: int
    modules: int  # the modules of the template as one number, row after row
    bits: int  # the codewords of the template
    places: Callable[[str], tuple[str, ...]]  # picks the bit of each module


def qr_rows(text: bytes) -> list[str]:
    """Return the rows of a code of error correction level M, each a text of 0 and 1 (dark), without a border.

    Raises ValueError for more than 331 bytes, the capacity of version 13.
    """
    version = next((version for version in range(3, 14) if len(text) <= _capacity(version)), None)
    if version is None:
        raise ValueError(f"{len(text)} bytes are too many for a code of version 13: 331 at most")
    template = _template(version)
    difference = _codewords(text, version) ^ template.bits
    changed = f"{difference:0{_FREE + _size(version)}b}"
    modules = template.modules ^ int("".join(template.places(changed)), 2)
    drawn = f"{modules:0{template.side**2}b}"
    return [drawn[start : start + template.side] for start in range(0, len(drawn), template.side)]


@cache
def _blocks(version: int) -> tuple[list[int], int]:
    """Return the bytes of data in each block, and the bytes of error correction, the same in each block."""
    levels: Any = consts.ECC[version]
    blocks = levels[consts.ERROR_LEVEL_M]
    data = [block.num_data for block in blocks for _ in range(block.num_blocks)]
    return data, blocks[0].num_total - blocks[0].num_data


def _capacity(version: int) -> int:
    return sum(_blocks(version)[0]) - (2 if version < 10 else 3)  # the rest is the mode and the length


def _size(version: int) -> int:
    data, correction = _blocks(version)
    return 8 * (sum(data) + len(data) * correction)


@cache
def _template(version: int) -> _Template:
    code = segno.make_qr(b"\n", error="m", version=version, boost_error=False, mask=MASK)
    side = len(code.matrix)
    modules = int("".join(str(module) for row in code.matrix for module in row), 2)
    pen: Any = encoder  # has no types
    places = [list(row) for row in pen.make_matrix(side, side)]
    pen.add_finder_patterns(places, side, side)
    pen.add_alignment_patterns(places, side, side)
    pen.add_codewords(places, range(_FREE, _FREE + _size(version)), version)  # numbers in place of bits
    return _Template(side, modules, _codewords(b"\n", version), itemgetter(*chain(*places)))


def _codewords(text: bytes, version: int) -> int:
    """Return data and error correction, the bytes of the blocks interleaved, as one number."""
    sizes, correction = _blocks(version)
    total, digits = sum(sizes), 8 if version < 10 else 16
    head = (4 << digits | len(text)) << (8 * len(text)) | int.from_bytes(text)
    data = (head << 4).to_bytes((4 + digits + 4) // 8 + len(text))
    # segno writes this zero byte, too; readers ignore it
    data = (data + b"\x00" + b"\xec\x11" * total)[:total]
    blocks = [data[start:end] for start, end in pairwise(accumulate(sizes, initial=0))]
    corrections = [_correction(block, correction) for block in blocks]
    columns = (column for part in (blocks, corrections) for column in zip_longest(*part))
    return int.from_bytes(byte for column in columns for byte in column if byte is not None)


def _correction(data: bytes, length: int) -> bytes:
    """Return the error correction: the remainder of a division by the Reed–Solomon generator, bytewise."""
    table, rest, top = _remainders(length), 0, 8 * (length - 1)
    below = (1 << top) - 1
    for byte in data:
        rest = (rest & below) << 8 ^ table[rest >> top ^ byte]
    return rest.to_bytes(length)


@cache
def _remainders(length: int) -> list[int]:
    """Return the remainder of each byte followed by `length` zeros."""
    logarithms, powers = consts.GALIOS_LOG, consts.GALIOS_EXP
    generator = consts.GEN_POLY[length]
    products = [bytes(powers[logarithms[byte] + power] for power in generator) for byte in range(1, 256)]
    return [0, *map(int.from_bytes, products)]
