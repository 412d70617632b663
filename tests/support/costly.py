"""A search for costly documents: the shapes that a hostile client tries, and a climb to the worst of them."""

import random
from typing import Any

from pdflab.documents.kinds import sample_request

ALPHABETS = [
    "abc ", "e1.", "ěšč", "слово", "ψυχή", "שלום", "سلام", "لا", "aש", "ש1(", "ש()<>[]", "a.ש", "سa1", "ܐܒ",
    "e" + "\u0301" * 30, "ש" + "\u05b0\u05bc" * 15, "س" + "\u064b\u0651" * 15, "一", "アー", "नमस्ते", "ก็",
    "\U0001f600", "a\u200d", "a\u00ad", "\u00a0", "\\(", '"', ".", "a\ufe0f", "\u1100\u1161", "ߊ\u07eb", "Wm",
    "i",
    "".join(map(chr, range(0x100, 0x250))), "".join(map(chr, range(0x4E00, 0x9FA0))),
    "".join(map(chr, range(0x400, 0x530))) + "".join(map(chr, range(0x5D0, 0x5EB))),
    "".join(map(chr, range(0x621, 0x64B))), "".join(map(chr, range(0x710, 0x72F))),
]  # fmt: skip
SEPARATORS = ["", " ", "  ", "\n", "\n\n", " \n \n", "-", "\t"]
LENGTHS = [0.0, 0.01, 0.1, 0.3, 0.6, 1.0]
COUNTS = [0.0, 0.02, 0.1, 0.3, 0.6, 1.0]

Genes = dict[str, Any]


def _text(genes: Genes, slot: str, most: int, number: int = 0, *, line: bool = False) -> str:
    """Return a text of a slot: words of one or two alphabets, parted by a separator."""
    first, second, word, separator, length = genes[slot]
    letters = (ALPHABETS[first] * word)[: max(word, len(ALPHABETS[first]))]
    other = (ALPHABETS[second] * word)[: max(word, len(ALPHABETS[second]))]
    gap = SEPARATORS[separator].replace("\n", " ").replace("\t", " ") if line else SEPARATORS[separator]
    piece = letters + gap + other + gap
    varied = f"{number} " if genes["varied"] else ""
    text = varied + piece * (round(most * length) // len(piece) + 1)
    return text[: max(1, round(most * length))] or "x"


def build(kind: str, genes: Genes) -> dict[str, Any]:
    """Return the document of some genes."""

    def text(slot: str, most: int, number: int = 0, *, line: bool = True) -> str:
        return _text(genes, slot, most, number, line=line)

    def many(slot: str, most: int) -> range:
        return range(max(1, round(most * genes[f"#{slot}"])))

    if kind == "custom":
        bullets = [text("bullet", 2000, n, line=False) for n in many("bullets", 200)]
        return {
            "type": kind,
            "title": text("title", 200),
            "text": text("text", 50_000, line=False),
            "bullets": bullets,
        }
    if kind == "invoice":
        lines = [
            {"description": text("description", 2000, n, line=False), "quantity": 1, "unit_price": "1",
             "unit": text("unit", 16, n), "vat_rate": f"{n % 100 if genes['varied'] else 1}"}
            for n in many("lines", 500)
        ]  # fmt: skip
        party = {"name": text("title", 200), "address": [text("address", 200, n) for n in many("address", 6)]}
        return sample_request(kind, 1) | {
            "number": text("number", 200), "seller": party, "buyer": party, "lines": lines,
            "terms": text("terms", 2000, line=False), "note": text("note", 2000, line=False),
            "currency": "EUR", "paid": 0, "due": None, "order_number": text("number", 200),
        }  # fmt: skip
    columns = many("columns", 10)
    rows = [[text("cell", 300, n * 10 + c, line=False) for c in columns] for n in many("rows", 1000)]
    labels = [text("label", 60, n) for n in many("labels", 60)]
    chart = {
        "kind": "line",
        "title": text("title", 200),
        "labels": labels,
        "values": [float(n) for n in range(len(labels))],
    }
    tables = max(1, round(50 * genes["#tables"]))
    sections = [
        {"heading": text("heading", 200, n), "text": text("text", 50_000 if n < 80 else 1, n, line=False)}
        | (
            {"table": {"columns": [text("label", 60, n) for n in columns], "rows": rows}}
            if n < tables
            else {}
        )
        | ({"chart": chart} if genes["chart"] else {})
        for n in many("sections", 50)
    ]
    figures = [{"label": text("label", 60), "value": text("value", 40)}] * 8
    return {"type": kind, "title": text("title", 200), "subtitle": text("title", 200),
            "author": text("number", 200), "figures": figures, "sections": sections}  # fmt: skip


TEXTS = {
    "custom": ("title", "text", "bullet"),
    "invoice": ("title", "number", "description", "unit", "address", "terms", "note"),
    "report": ("title", "heading", "text", "cell", "label", "value", "number"),
}
NUMBERS = {
    "custom": ("bullets",),
    "invoice": ("lines", "address"),
    "report": ("sections", "tables", "columns", "rows", "labels"),
}


def genes_of(kind: str, rng: random.Random) -> Genes:
    genes: Genes = {slot: _slot(rng) for slot in TEXTS[kind]}
    genes |= {f"#{slot}": rng.choice(COUNTS) for slot in NUMBERS[kind]}
    return genes | {"varied": rng.random() < 0.5, "chart": rng.random() < 0.5}


def _slot(rng: random.Random) -> tuple[int, int, int, int, float]:
    letters = range(len(ALPHABETS))
    return (rng.choice(letters), rng.choice(letters), rng.choice((1, 3, 10, 40, 200, 1000)),
            rng.randrange(len(SEPARATORS)), rng.choice(LENGTHS))  # fmt: skip


def mutated(genes: Genes, rng: random.Random) -> Genes:
    new = dict(genes)
    for name in rng.sample(sorted(genes), rng.choice((1, 1, 2, 3))):
        if name.startswith("#"):
            new[name] = (
                rng.choice(COUNTS)
                if rng.random() < 0.5
                else min(1.0, max(0.0, genes[name] * rng.uniform(0.5, 2)))
            )
        elif isinstance(genes[name], bool):
            new[name] = not genes[name]
        else:
            slot, other = list(genes[name]), _slot(rng)
            place = rng.randrange(5)
            slot[place] = other[place]
            new[name] = tuple(slot)
    return new
