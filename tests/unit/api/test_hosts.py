"""A node answers under its own names alone, so no other site's name can lead a browser to it."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from myna.settings import Settings
from myna.web.hosts import allowed_hosts, name_of
from tests.services.http import HttpClient
from tests.unit.api.conftest import Served, serving

EVERYWHERE = "0.0.0.0"  # noqa: S104 (a test of it)


async def status(served: Served, host: str) -> int:
    async with HttpClient(base_url=served.url) as client:
        return (await client.get("/livez", headers={"Host": host})).status_code


async def upgrade_status(served: Served, host: str) -> int:
    """The status of an upgrade under this name: 101, or the refusal."""
    port = served.url.rpartition(":")[2]
    try:
        async with connect(f"ws://{host}:{port}/ws", host="127.0.0.1", port=int(port), proxy=None):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:5055", "127.0.0.1:1", "[::1]", "[::1]:80"])
async def test_on_loopback_this_machines_names_are_right_with_any_port(served: Served, host: str) -> None:
    assert await status(served, host) == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:5055", "192.0.2.1", ""])
async def test_on_loopback_any_other_name_is_refused(served: Served, host: str) -> None:
    assert await status(served, host) == 421


@pytest.mark.parametrize("host", ["localhost:x", "evil example", "a..b"])
async def test_what_is_no_host_is_refused_before_anybody_looks_at_it(served: Served, host: str) -> None:
    assert await status(served, host) == 400


async def test_upgrades_are_refused_too_also_where_other_origins_are_allowed(served: Served) -> None:
    assert (await upgrade_status(served, "localhost"), await upgrade_status(served, "evil.example")) == (101, 421)
    async with serving(allowed_origins=["https://chat.example"]) as node:
        assert (await upgrade_status(node, "localhost"), await upgrade_status(node, "evil.example")) == (101, 421)


async def test_the_refusal_names_the_setting(served: Served) -> None:
    async with HttpClient(base_url=served.url) as client:
        answer = await client.post("/api/session", headers={"Host": "evil.example", "Origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")
    assert "CHAT_ALLOWED_HOSTS" in answer.json()["detail"]
    assert "Set-Cookie" not in answer.headers


async def test_the_names_are_a_setting() -> None:
    async with serving(allowed_hosts="chat.example, Chat2.example") as node:
        assert [await status(node, host) for host in ("chat.example", "chat2.example:443", "localhost")] == [200, 200, 421]


def test_where_others_reach_the_node_only_an_operator_knows_its_names() -> None:
    assert allowed_hosts(Settings(host=EVERYWHERE)) is None
    assert allowed_hosts(Settings(trusted_proxies="127.0.0.1")) is None
    assert allowed_hosts(Settings(host=EVERYWHERE, allowed_hosts=["a"])) == frozenset({"a"})


@pytest.mark.parametrize(("host", "name"), [("a:1", "a"), ("A", "a"), ("[::1]:5", "[::1]"), ("[::1]", "[::1]"), ("", ""), (":", ":")])
def test_the_port_is_no_part_of_a_name(host: str, name: str) -> None:
    assert name_of(host) == name


async def test_openais_routes_can_be_switched_off() -> None:
    async with serving(openai="off") as node, HttpClient(base_url=node.url, headers={"Authorization": "Bearer key"}) as client:
        answers = [await client.get("/v1/models"), await client.post("/v1/chat/completions", json={})]
    assert [answer.status_code for answer in answers] == [404, 404]
