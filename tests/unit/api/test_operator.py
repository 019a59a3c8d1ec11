"""The operator's routes open to operators alone, and people's own routes are no part of them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from myna.settings import Settings, is_loopback
from myna.web.operator import COOKIE_AGE_S, OPERATOR_COOKIE, OperatorAccess
from tests.services.http import HttpClient
from tests.unit.api.conftest import Served, person_at, serving

EVERYWHERE = "0.0.0.0"  # noqa: S104 (a test of it)
TOKEN = "only operators know this one: 0123456789abcdef"
ROUTES = ("/metrics", "/api/pipeline", "/api/dead-letters")


@pytest.fixture
async def guarded() -> AsyncIterator[Served]:
    """A node with an admin token."""
    async with serving(admin_token=TOKEN) as node:
        yield node


@pytest.mark.parametrize("route", ROUTES)
async def test_with_an_admin_token_only_that_opens_the_operators_routes(guarded: Served, route: str) -> None:
    async with HttpClient(base_url=guarded.url) as client, person_at(guarded) as person:
        answers = [
            await client.get(route),
            await client.get(route, headers={"Authorization": f"Bearer {TOKEN}x"}),
            await client.get(route, headers={"Authorization": f"Basic {TOKEN}"}),
            await client.get(route, headers={"Cookie": f"{OPERATOR_COOKIE}={TOKEN}"}),
            await person.get(route),
        ]
        opened = await client.get(route, headers={"Authorization": f"bearer {TOKEN}"})

    assert [answer.status_code for answer in answers] == [401] * 5
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert "CHAT_ADMIN_TOKEN" in answers[0].json()["detail"]
    assert opened.status_code == 200


async def test_the_page_keeps_what_opens_them_in_a_cookie_that_scripts_cannot_read(guarded: Served) -> None:
    async with HttpClient(base_url=guarded.url) as page:
        refused = await page.post("/api/operator", headers={"Authorization": "Bearer nonsense"})
        kept = await page.post("/api/operator", headers={"Authorization": f"Bearer {TOKEN}"})
        cookie = kept.headers["Set-Cookie"]
        with_cookie = await page.get("/api/pipeline")
        forgotten = await page.delete("/api/operator")
        without = await page.get("/api/pipeline")

    assert (refused.status_code, "Set-Cookie" in refused.headers) == (401, False)
    assert (kept.status_code, forgotten.status_code) == (204, 204)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"Max-Age={COOKIE_AGE_S}" in cookie
    assert TOKEN not in cookie
    assert (with_cookie.status_code, without.status_code) == (200, 401)


async def test_a_cookie_of_another_admin_token_opens_nothing(guarded: Served) -> None:
    other = OperatorAccess(Settings(admin_token=TOKEN[::-1])).cookie()
    async with HttpClient(base_url=guarded.url) as client:
        answer = await client.get("/metrics", headers={"Cookie": f"{OPERATOR_COOKIE}={other}"})

    assert answer.status_code == 401


async def test_a_persons_own_routes_need_no_operator(guarded: Served) -> None:
    async with person_at(guarded) as person:
        assert (await person.get("/api/line")).status_code == 200
        assert (await person.get("/api/conversations")).status_code == 200


@pytest.mark.parametrize("route", ROUTES)
async def test_without_a_token_they_are_closed_where_others_reach_the_node(route: str) -> None:
    async with serving(host=EVERYWHERE) as exposed, HttpClient(base_url=exposed.url) as client:
        answer = await client.get(route)
        no_token_to_keep = await client.post("/api/operator", headers={"Authorization": "Bearer anything"})

    assert answer.status_code == no_token_to_keep.status_code == 401
    assert "CHAT_OPERATOR_OPEN=true" in answer.json()["detail"]


@pytest.mark.parametrize("more", [{"host": "127.0.0.1"}, {"host": EVERYWHERE, "operator_open": True}])
async def test_without_a_token_they_are_open_on_loopback_or_where_a_setting_says_so(more: dict[str, Any]) -> None:
    async with serving(**more) as node, HttpClient(base_url=node.url) as client:
        assert [(await client.get(route)).status_code for route in ROUTES] == [200] * len(ROUTES)


async def test_behind_a_proxy_the_listening_address_opens_nothing() -> None:
    async with serving(trusted_proxies="127.0.0.1") as node, HttpClient(base_url=node.url) as client:
        assert [(await client.get(route)).status_code for route in ROUTES] == [401] * len(ROUTES)


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), (EVERYWHERE, False), ("::", False), ("a.example", False)],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, only_here: bool) -> None:
    assert is_loopback(host) is only_here
