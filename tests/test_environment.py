"""The conda way leads to the same place as the pip way."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"redis-py": "redis", "matplotlib-base": "matplotlib"}
NOT_PYTHON_PACKAGES = {"python", "pip", "redis-server"}


def _pins(requirements: list[str]) -> dict[str, str]:
    """Give each requirement's range by its name."""
    parts = (re.fullmatch(r"([\w-]+)(?:\[\w+\])?\s*(.*)", requirement) for requirement in requirements)
    return {part[1]: part[2] for part in parts if part}


def test_every_package_has_the_same_range_in_both_files() -> None:
    """A pin that is changed in pyproject.toml is changed in environment.yml too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    ours = _pins([*project["dependencies"], *extras["lab"], *extras["test"]])
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    by_conda = _pins([line for line in environment if isinstance(line, str)])
    by_pip = _pins(environment[-1]["pip"][:-1])

    theirs = {CONDA_NAMES.get(name, name): pin for name, pin in (by_conda | by_pip).items()}

    assert {
        name: pin for name, pin in theirs.items() if name not in NOT_PYTHON_PACKAGES
    }.items() <= ours.items()


def test_binder_takes_the_python_and_the_kernel_that_work() -> None:
    """Binder reads `python=3.12` in that form alone, and its own ipykernel breaks live widgets."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]

    assert environment[0] == "python=3.12"
    assert "ipykernel>=7.1,<8" in environment
    assert environment[-1]["pip"][-1] == "-e .[test]"
