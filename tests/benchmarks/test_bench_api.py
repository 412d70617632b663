"""The benchmark of the endpoint measures both endpoints alike, and believes no other answer than 202."""

import pytest
from foreign import foreign_server

from pdflab.benchmarks import api
from pdflab.errors import LoadFailed

VALUES = {"per_s": 812.3, "bare_per_s": 1_400.0, "waitress_per_s": 1_200.0, "share": 0.58}
VALUES |= {"share_of_waitress": 0.68}
FIGURES = {
    f"{kind}_{name}": value for kind in ("custom", "invoice", "report") for name, value in VALUES.items()
}


def test_every_accepted_request_is_counted() -> None:
    """What the server has seen is what was counted, but for those under way at the end."""
    post = api._post({"type": "custom"}, "")
    with foreign_server() as there:
        rate = api.accept_rate(there.url, post, seconds=0.3)

    assert 0 < rate * 0.3 <= len(there.came_at) <= rate * 0.5 + 2 * api.CONNECTIONS


def test_an_endpoint_that_does_not_accept_is_no_result() -> None:
    """Refusals are quick: counting them would make a broken endpoint the fastest."""
    with foreign_server(status=503) as there, pytest.raises(LoadFailed, match="503"):
        api.accept_rate(there.url, api._post({"type": "custom"}, ""), seconds=0.3)


def test_one_short_round_has_the_promised_keys() -> None:
    """Both processes start, accept each kind of document, and end; the share is that of the two rates."""
    figures = api.measure(rounds=1, seconds=0.1)

    assert figures.keys() == FIGURES.keys()
    for kind in ("custom", "invoice", "report"):
        share = figures[f"{kind}_per_s"] / figures[f"{kind}_bare_per_s"]
        assert share > 0
        assert figures[f"{kind}_share"] == pytest.approx(share, rel=0.01)


def test_the_table_compares_both() -> None:
    """Rates as whole numbers, the share in percent."""
    [table] = api.explain(FIGURES)

    assert str(table).splitlines()[1].split() == ["custom", "1,200", "1,400", "812", "68%", "58%"]
