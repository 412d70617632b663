"""What is installed in two years is what is installed today, by pip and by conda."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONSTRAINTS = [
    line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
]
EXTRAS = PROJECT["project"]["optional-dependencies"]
OURS = [*PROJECT["project"]["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]


def _pins() -> dict[str, str]:
    """Return the pinned version of each package, where this Python and this system need it."""
    requirements = [Requirement(line) for line in CONSTRAINTS]
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def _installed_with(name: str, extras: frozenset[str], seen: set[tuple[str, str]]) -> set[str]:
    """Return the packages that a package pulls in with some extras, itself too."""
    names = {canonicalize_name(name)}
    for line in metadata.requires(name) or []:
        wanted = Requirement(line)
        for extra in {"", *extras}:
            reached = (wanted.name, f"{sorted(wanted.extras)}")
            if (wanted.marker is None or wanted.marker.evaluate({"extra": extra})) and reached not in seen:
                seen.add(reached)
                names |= _installed_with(wanted.name, frozenset(wanted.extras), seen)
    return names


def test_every_package_that_is_pulled_in_is_pinned() -> None:
    """No package is left out, however deep: each is one that a new release could break."""
    pulled_in = _installed_with("pdflab", frozenset({"dev"}), set())

    assert len(pulled_in) > 150
    assert pulled_in - {"pdflab"} <= _pins().keys()


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_a_constraint_is_a_name_and_a_version(line: str) -> None:
    """Pip refuses constraints with extras, and -e refuses hashes."""
    assert re.fullmatch(r"[a-z0-9-]+==[\w.!+]+( ; [^#]+)?", line)


@pytest.mark.parametrize("requirement", OURS)
def test_a_pin_is_in_the_range_that_pyproject_gives(requirement: str) -> None:
    """A range that is changed in pyproject.toml asks for new constraints."""
    wanted = Requirement(requirement)

    assert wanted.name == "pdflab" or wanted.specifier.contains(_pins()[canonicalize_name(wanted.name)])


def test_what_builds_the_package_is_pinned_too() -> None:
    """Pip keeps constraints away from the build: its requirement is exact by itself."""
    assert PROJECT["build-system"]["requires"] == [f"hatchling=={_pins()['hatchling']}"]


def test_every_documented_way_installs_the_pinned_packages() -> None:
    """README's two commands, the tests of every change and conda read the same file."""
    readme = re.findall(r"pip install (.+?) &&", (ROOT / "README.md").read_text())
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]

    assert readme == ["-c constraints.txt -e '.[lab]'", "-c constraints.txt -e '.[test]'"]
    assert '"") versions=(-c constraints.txt)' in (ROOT / ".ci" / "run").read_text()
    assert environment[-1]["pip"] == ["-c constraints.txt", "-e .[test]"]


def test_conda_chooses_no_package_that_pip_has_pinned() -> None:
    """Python and the Redis server come from conda; Binder reads `python=3.12` in that form alone."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]

    assert environment[:-1] == ["python=3.12", "pip", "redis-server>=7"]
