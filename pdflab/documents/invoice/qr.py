"""QR codes in 0.05 ms: segno draws one template of each size, and only the difference is computed.

A QR code is linear: a flipped bit of the text flips the same modules in any text. So a code is the template,
XOR the modules of the difference. A call of segno takes 0.86 ms with a fixed mask, a third of an invoice of
twelve lines. zxing-cpp is as fast as this module, but cannot write UTF-8 bytes without an ECI header, which
banking apps do not expect. All codes use one mask, which readers find in the code.
Source: ISO/IEC 18004:2015, 7.4 to 7.7. Read next: pdflab/documents/report/report.py.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise, zip_longest
from operator import itemgetter
from typing import NamedTuple

import segno
from segno import consts

MASK = 2  # every third column
_DATA = (consts.TYPE_DATA_DARK, consts.TYPE_DATA_LIGHT)
_BLOCKS = {  # version: blocks, bytes of data in all of them, bytes of correction in each; level M, table 9
    3: (1, 44, 26),
    4: (2, 64, 18),
    5: (2, 86, 24),
    6: (4, 108, 16),
    7: (4, 124, 18),
    8: (4, 154, 22),
    9: (5, 182, 22),
    10: (5, 216, 26),
    11: (5, 254, 30),
    12: (8, 290, 22),
    13: (9, 334, 22),
}


class _Template(NamedTuple):
    side: int
    modules: int  # the modules of the template as one number, row after row
    bits: int  # the codewords of the template
    places: Callable[[str], tuple[str, ...]]  # picks the bit of each module


def qr_rows(text: bytes) -> list[str]:
    """Return the rows of a code of error correction level M, each a text of 0 and 1 (dark), without a border.

    Raises ValueError for more than 331 bytes, the capacity of version 13.
    """
    version = next((version for version in _BLOCKS if len(text) <= _capacity(version)), None)
    if version is None:
        raise ValueError(f"{len(text)} bytes are too many for a code of version 13: 331 at most")
    template = _template(version)
    # the last bit is a module that stays light
    changed = f"{_codewords(text, version) ^ template.bits:0{_size(version)}b}0"
    modules = template.modules ^ int("".join(template.places(changed)), 2)
    drawn = f"{modules:0{template.side**2}b}"
    return [drawn[start : start + template.side] for start in range(0, len(drawn), template.side)]


def _capacity(version: int) -> int:
    return _BLOCKS[version][1] - (2 if version < 10 else 3)  # the rest is the mode and the length


def _size(version: int) -> int:
    blocks, data, correction = _BLOCKS[version]
    return 8 * (data + blocks * correction)


@cache
def _template(version: int) -> _Template:
    code = segno.make_qr(b"\n", error="m", version=version, boost_error=False, mask=MASK)
    kinds = [list(row) for row in code.matrix_iter(border=0, verbose=True)]
    side, spare = len(kinds), _size(version)
    sources = [spare] * side**2
    for bit, (row, column) in enumerate(_zigzag(kinds)):
        sources[row * side + column] = min(bit, spare)
    modules = int("".join(str(module) for row in code.matrix for module in row), 2)
    return _Template(side, modules, _codewords(b"\n", version), itemgetter(*sources))


def _zigzag(kinds: list[list[int]]) -> Iterator[tuple[int, int]]:
    """Yield the modules of data: pairs of columns from the right, upwards and downwards in turn."""
    side = len(kinds)
    free = {(row, column) for row in range(side) for column in range(side) if kinds[row][column] in _DATA}
    free.add((8, side - 9))  # a module of data, which segno counts as format information
    rights = [*range(side - 1, 6, -2), 5, 3, 1]  # column 6 is the timing pattern
    for turn, right in enumerate(rights):
        for row in range(side) if turn % 2 else reversed(range(side)):
            for column in (right, right - 1):
                if (row, column) in free:
                    yield row, column


def _codewords(text: bytes, version: int) -> int:
    """Return data and error correction, the bytes of the blocks interleaved, as one number."""
    count, total, correction = _BLOCKS[version]
    digits = 8 if version < 10 else 16
    head = (4 << digits | len(text)) << (8 * len(text)) | int.from_bytes(text)
    data = (head << 4).to_bytes((4 + digits + 4) // 8 + len(text))
    data = (data + b"\x00" + b"\xec\x11" * total)[
        :total
    ]  # segno writes this zero byte, too; readers ignore it
    ends = [total // count * number + max(0, number - count + total % count) for number in range(count + 1)]
    blocks = [data[start:end] for start, end in pairwise(ends)]  # the longer ones come last
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
    generator = 1
    for power in range(length):
        scaled = generator
        for _ in range(power):
            scaled = _doubled(scaled)
        generator = generator << 8 ^ scaled
    table, remainder = [0], generator ^ 1 << 8 * length
    for _ in range(8):
        table += [other ^ remainder for other in table]
        remainder = _doubled(remainder)
    return table


def _doubled(factors: int) -> int:
    """Return each byte doubled in the field of QR codes: polynomials modulo x⁸ + x⁴ + x³ + x² + 1."""
    ones = int.from_bytes(b"\1" * 32)
    return (factors & 0x7F * ones) << 1 ^ (factors >> 7 & ones) * 0x1D
