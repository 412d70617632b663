"""The real steps against the model: whatever happens in whatever order, they do and answer the same."""

from collections.abc import Iterator

import pytest
from conftest import needs
from queue_machine import drive

from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker


@pytest.fixture(params=["embedded", "real"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Redis of our own, to be killed and started again: what was answered is in its append-only file."""
    if request.param == "embedded":
        yield embedded_broker()
        return
    needs("redis-server", "redis-server")
    broker = private_broker(tmp_path_factory.mktemp("redis"))
    yield broker
    broker.stop()


def test_the_queue_does_what_its_model_does(broker: Broker) -> None:
    """Nothing lost, nothing twice, first in first out, in schedules that nobody would think of."""
    drive(broker)
