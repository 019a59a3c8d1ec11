"""The route in numbers says where an operator finds the queues."""

import pytest

from myna.web.api.pipeline import vhost_of
from tests.unit.api.conftest import Person


@pytest.mark.parametrize(
    ("url", "vhost"),
    [
        ("amqp://guest:guest@localhost", "/"),
        ("amqp://guest:guest@localhost/", "/"),
        ("amqp://guest:guest@localhost:5672/%2F", "/"),
        ("amqps://localhost/chat", "chat"),
        ("amqps://one/chat,amqps://two/chat", "chat"),
        ("amqp://localhost/a%2Fb%20c?heartbeat=10", "a/b c"),
        (None, None),
    ],
)
def test_the_virtual_host_is_the_one_that_the_brokers_url_names(url: str | None, vhost: str | None) -> None:
    assert vhost_of(url) == vhost


async def test_what_nobody_knows_is_null(person: Person) -> None:
    picture = (await person.get("/api/pipeline")).json()

    assert (picture["broker"]["kind"], picture["broker"]["management_url"], picture["broker"]["vhost"]) == ("embedded", None, None)
    assert picture["rates"].keys() == {"messages_per_s", "events_per_s", "deltas_per_s", "ends_per_s"}
