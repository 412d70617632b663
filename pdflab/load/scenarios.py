"""The six operations, in one table: the texts of each button, its parameters, and its plan.

Read next: pdflab/load/plan.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from pdflab.errors import InvalidRequest
from pdflab.load.plan import Plan, batch, burst, month_end, single, steady

_MAX_DOCUMENTS = 10_000
_MAX_SECONDS = 600.0
_MAX_RATE = 2_000.0  # requests a second: beyond the capacity of one generator


@dataclass(frozen=True, slots=True)
class Operation:
    """A load by name. `title` and `hint` are the texts of its button, as templates such as "Batch of {n}".

    `plan` takes a seed and the `parameters`, all by keyword, each with a default.
    """

    name: str
    title: str
    hint: str
    parameters: tuple[str, ...]
    plan: Callable[..., Plan]


# The lab, the control room, the dashboard, the API and the command line use this table.
OPERATIONS: dict[str, Operation] = {
    "custom": Operation("custom", "Custom PDF", "one page of text", (), partial(single, "custom")),
    "invoice": Operation("invoice", "Invoice", "one, with all its sums", (), partial(single, "invoice")),
    "report": Operation("report", "Report", "one, with charts and a table", (), partial(single, "report")),
    "batch": Operation("batch", "Batch of {n}", "{n} documents in one request", ("n",), batch),
    "burst": Operation("burst", "Burst of {n}", "{n} requests within one second", ("n",), burst),
    "month-end": Operation(
        "month-end",
        "Month-end spike",
        "a month in {seconds} s: watch its last day",
        ("seconds", "rate"),
        month_end,
    ),
}

# Only for the command line: it has no number of documents, and no peak to watch.
STEADY = Operation("steady", "Steady load", "{rate} requests a second", ("seconds", "rate"), steady)


def scenarios() -> Mapping[str, Operation]:
    """Return all scenarios of the command line, by name: the operations and a steady load."""
    return OPERATIONS | {STEADY.name: STEADY}


def plan_for(name: str, *, seed: int = 0, **parameters: object) -> Plan:
    """Plan a scenario. Raises InvalidRequest, naming each parameter that is unknown or out of range."""
    scenario = scenarios().get(name)
    if scenario is None:
        problem = f"there is no operation {name!r}: take one of {', '.join(scenarios())}"
        raise InvalidRequest([("name", problem)])
    known = ("seed", *scenario.parameters)
    problems = [
        (key, problem)
        for key, value in {"seed": seed, **parameters}.items()
        if (problem := _problem(key, value, known))
    ]
    if problems:
        raise InvalidRequest(problems)
    return scenario.plan(seed=seed, **parameters)


def _problem(key: str, value: object, known: tuple[str, ...]) -> str:
    """Return what is wrong with a parameter, if anything. A plan checks its own parameters."""
    if key not in known:
        return f"is not a parameter of this operation: take {' or '.join(known)}"
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
    whole = isinstance(number, int)
    match key:
        case "n" if not (whole and 1 <= number <= _MAX_DOCUMENTS):
            return f"must be a whole number from 1 to {_MAX_DOCUMENTS:,}"
        case "seconds" if not 1 <= number <= _MAX_SECONDS:
            return f"must be from 1 to {_MAX_SECONDS:g}"
        case "rate" if not 0 < number <= _MAX_RATE:
            return f"must be above 0, and at most {_MAX_RATE:,.0f}"
        case "seed" if not (whole and number >= 0):
            return "must be whole, and 0 or more"
    return ""
