"""The plans: seeded, exact where they say so, and Poisson where they say so."""

import json

import numpy as np
import pytest

from pdflab.analysis.columns import Categorical
from pdflab.documents.kinds import KINDS
from pdflab.errors import UsageError
from pdflab.load.plan import (
    Arrival,
    Plan,
    batch,
    burst,
    month_end,
    month_end_peak,
    recorded,
    single,
    steady,
)

PLANS = [single(), batch(30), burst(40), burst(40, baseline=3.0), steady(8.0, seconds=5.0), month_end()]
GOLDEN = [
    (0.020751, "invoice", 3453382619),
    (0.031838, "invoice", 2721847432),
    (0.403118, "report", 1868838759),
    (0.753592, "invoice", 1257544042),
]


def times(plan: Plan) -> np.ndarray:
    return np.concatenate([block.at for block in plan.blocks()])


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_is_the_same_each_time_it_is_drawn(plan: Plan) -> None:
    """The same seed gives the same plan, so that both endpoints and the simulation meet the same clients."""
    assert list(plan.arrivals()) == list(plan.arrivals())
    assert plan.count == len(list(plan.arrivals())) > 0


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_goes_forward_and_ends_when_it_says(plan: Plan) -> None:
    """Arrivals ascend within 0 and the plan's length, in known kinds."""
    at = times(plan)

    assert np.all(np.diff(at) >= 0)
    assert at[0] >= 0
    assert at[-1] <= plan.seconds
    assert {arrival.kind for arrival in plan.arrivals()} <= set(KINDS)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_survives_being_written_down(plan: Plan) -> None:
    """The generator's process and a saved run read the same plan."""
    again = Plan.from_description(json.loads(json.dumps(plan.describe())))

    assert again == plan


def test_a_seed_draws_the_documents_that_it_always_drew() -> None:
    """A plan of an earlier version asks for the same documents, whatever the order of its mix."""
    plan = burst(4, seed=5, mix={"report": 1, "invoice": 3})

    drawn = [(round(a.at, 6), a.kind, a.seed) for a in plan.arrivals()]

    assert drawn == GOLDEN
    assert plan == burst(4, seed=5, mix={"invoice": 3, "report": 1})


def test_a_written_plan_names_its_kinds() -> None:
    """A saved plan can be read when kinds have come or gone since."""
    again = recorded("seen", np.array([2.0, 1.0]), Categorical.of(["report", "letter"]), np.array([1, 2]))

    assert again.describe()["mix"] == {"letter": 0.5, "report": 0.5}
    assert [(a.at, a.kind, a.seed) for a in again.arrivals()] == [(0.0, "letter", 2), (1.0, "report", 1)]


def test_another_seed_is_another_plan() -> None:
    """The seed decides: two of them do not give the same instants or documents."""
    one, other = burst(50, seed=1), burst(50, seed=2)

    assert not np.array_equal(times(one), times(other))
    assert [a.seed for a in one.arrivals()] != [a.seed for a in other.arrivals()]


def test_one_document_is_one_of_the_kind_asked_for() -> None:
    """A single plan is one arrival, at once."""
    (arrival,) = single("report").arrivals()

    assert arrival == Arrival(0.0, "report", arrival.seed)


def test_a_batch_is_everything_at_one_instant() -> None:
    """All n documents are due at 0, and the plan asks for the batch endpoint."""
    plan = batch(500)

    assert times(plan).tolist() == [0.0] * 500
    assert plan.batched


def test_a_burst_has_exactly_n_within_its_second() -> None:
    """The middle of the plan has the whole burst, and the baseline around it stays low."""
    at = times(burst(400, seconds=1.0, baseline=2.0))

    inside = np.count_nonzero((at >= 5.0) & (at < 6.0))

    assert inside == 400
    assert 0 < len(at) - inside < 60


def test_steady_arrivals_are_poisson() -> None:
    """Over 10,000 seconds at 10 a second the count, the gaps' mean and their spread are as the law says."""
    gaps = np.diff(times(steady(10.0, seconds=10_000.0)))

    assert abs(len(gaps) - 100_000) < 5 * np.sqrt(100_000)
    assert gaps.mean() == pytest.approx(0.1, rel=0.02)
    assert gaps.std() == pytest.approx(0.1, rel=0.02)
    assert np.mean(gaps > 0.1) == pytest.approx(np.exp(-1), abs=0.01)


def test_a_month_ends_in_a_rush() -> None:
    """The last working day runs at twenty times the usual rate; weekends and nights are all but silent."""
    days, _ = np.histogram(times(month_end(30.0, rate=2_000.0)), bins=30, range=(0, 30))
    hours, _ = np.histogram(times(month_end(30.0, rate=2_000.0)) % 1, bins=24, range=(0, 1))

    assert days[29] / days[:5].mean() == pytest.approx(20, rel=0.05)
    assert days[5:7].max() < days[:5].min() / 5
    assert hours[2] < hours[10] / 10
    assert days.sum() == pytest.approx(60_000, rel=0.02)


def test_the_mix_decides_the_kinds_and_nothing_else() -> None:
    """Kinds come in the shares asked for, while instants and documents stay as they were."""
    usual, even = burst(6_000), burst(6_000, mix={"custom": 1, "invoice": 1, "report": 1})

    kinds = np.concatenate([block.kind for block in even.blocks()])

    assert np.bincount(kinds) == pytest.approx([2_000] * 3, rel=0.1)
    assert np.array_equal(times(usual), times(even))
    assert [a.seed for a in usual.arrivals()] == [a.seed for a in even.arrivals()]


def test_a_long_plan_comes_in_blocks_and_small_types() -> None:
    """No block grows with the plan, so that ten million arrivals need no more memory than ten thousand."""
    blocks = list(steady(1_000.0, seconds=100.0).blocks())

    assert max(len(block.at) for block in blocks) <= 16_384
    assert (blocks[0].kind.dtype, blocks[0].seed.dtype) == (np.uint8, np.uint32)


@pytest.mark.parametrize(
    "make",
    [
        lambda: batch(0),
        lambda: burst(5, seconds=-1.0),
        lambda: steady(-1.0, seconds=5.0),
        lambda: burst(5, mix={"invoice": 0.0}),
        lambda: burst(5, mix={}),
    ],
)
def test_a_plan_that_cannot_be_is_refused(make) -> None:
    """What makes no plan is a usage error with a sentence, not a numpy one."""
    with pytest.raises(UsageError, match=r"\.$"):
        make()


def test_a_plan_has_a_peak_rate() -> None:
    """Of a burst that of its second, of a month that of its last day; a batch has none."""
    assert burst(400, baseline=10.0).peak == 400.0
    assert month_end(rate=10.0).peak == pytest.approx(10.0 * month_end_peak())
    assert batch(400).peak is None
