"""The ten hops of one job: the map that README and the package print leads where it says."""

import re
from pathlib import Path

import pytest

import pdflab

PACKAGE = Path(pdflab.__file__).parent
HOPS = re.findall(r"^    (\S+) +([\w/]+\.py) ", pdflab.__doc__ or "", flags=re.MULTILINE)


def test_the_route_has_ten_hops() -> None:
    """A reader follows one job in ten hops."""
    assert len(HOPS) == 10


@pytest.mark.parametrize(("name", "file"), HOPS)
def test_each_hop_is_found_by_one_search(name: str, file: str) -> None:
    """`def name` or `class name` stands in the file that the map gives, once."""
    last = name.rpartition(".")[2]

    found = re.findall(rf"^\s*(?:async )?(?:def|class) {last}\b", (PACKAGE / file).read_text(), re.MULTILINE)

    assert len(found) == 1


def test_readme_prints_the_same_route() -> None:
    """README shows the map of the package, hop by hop."""
    readme = (PACKAGE.parent / "README.md").read_text()

    assert all(f"`{name}` | `pdflab/{file}`" in readme for name, file in HOPS)
