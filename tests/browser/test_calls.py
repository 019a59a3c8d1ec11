"""The view of calls: what was asked on the page and over /v1, live, and a conversation as a scenario."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_access import THEMES, findings, small
from tests.browser.user import User


async def call(user: User, text: str, model: str = "gpt-4o") -> dict[str, Any]:
    """Ask over /v1 with the key of the page's own user."""
    token = (await (await user.context.request.post(f"{user.server}/api/session")).json())["token"]
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "agent/1"}
    answer = await user.context.request.post(f"{user.server}/v1/chat/completions", data=body, headers=headers)
    return dict(await answer.json())


def calls(user: User) -> Locator:
    return user.page.get_by_role("list", name="Calls, the newest first").locator("> li")


async def test_a_call_over_v1_appears_by_itself_with_its_rule_and_opens_by_keyboard(open_page: OpenPage) -> None:
    user = await open_page()
    await user.connected()
    rules = {"version": 1, "rules": [{"name": "weather", "match": {"contains": "weather"}, "reply": {"text": "It rains."}}]}
    answer = await user.context.request.post(f"{user.server}/api/mock/rules", data=rules)
    assert answer.ok, await answer.text()
    await user.page.keyboard.press("Alt+c")
    await expect(user.page).to_have_url(f"{user.server}/calls")
    await expect(user.page.get_by_text("Nothing was asked yet.")).to_be_visible()
    await call(user, "What is the weather in Oslo?")
    await expect(calls(user)).to_have_count(1)
    await expect(calls(user)).to_contain_text("weather")
    await expect(calls(user)).to_contain_text("gpt-4o")
    await expect(calls(user)).to_contain_text("complete")
    await call(user, "/fail rate_limited")
    await expect(calls(user)).to_have_count(2)
    await expect(calls(user).first).to_contain_text("rate_limited")
    await calls(user).last.locator("summary").focus()
    await user.page.keyboard.press("Enter")
    opened = calls(user).last
    await expect(opened.get_by_role("region", name="Answered")).to_contain_text("It rains.")
    await expect(opened.get_by_text("agent/1")).to_be_visible()
    await expect(opened.get_by_role("region", name="Stages of this call")).to_contain_text("waited in chat_queue")
    await opened.get_by_role("button", name="Open its conversation").press("Enter")
    await expect(user.turns).to_contain_text("It rains.")


async def test_calls_on_the_page_and_over_v1_are_told_apart(open_page: OpenPage) -> None:
    user = await open_page()
    await user.send("/echo on the page")
    await user.sees_replies()
    await call(user, "/echo over v1")
    await user.page.goto(f"{user.server}/calls")
    await expect(calls(user)).to_have_count(2)
    for name, text in (("Over /v1", "/echo over v1"), ("On the page", "/echo on the page")):
        await user.page.get_by_role("radio", name=name).check()
        await expect(calls(user)).to_have_count(1)
        await expect(calls(user)).to_contain_text(text)
    await expect(user.sidebar.get_by_text(", unread")).to_have_count(0)  # who called over /v1 reads it there
    await user.page.get_by_role("radio", name="All").check()
    question = user.page.get_by_role("searchbox", name="Filter by text, rule, model or outcome")
    for text, count in (("GPT-4", 1), ("/echo", 2), ("failed", 0)):
        await question.fill(text)
        await expect(calls(user)).to_have_count(count)
    await expect(user.page.get_by_text("None of them fits.")).to_be_visible()


async def test_the_key_that_is_copied_makes_calls_that_are_shown(open_page: OpenPage) -> None:
    user = await open_page("/calls")
    await user.connected()
    await user.page.get_by_text("Call it from your own code").click()
    await user.page.get_by_role("button", name="Copy the key").click()
    key = await user.page.evaluate("navigator.clipboard.readText()")
    await user.page.get_by_role("button", name="Copy the base URL").click()
    url = await user.page.evaluate("navigator.clipboard.readText()")
    body = {"model": "m", "messages": [{"role": "user", "content": "/echo by its key"}]}
    assert (await user.context.request.post(f"{url}/chat/completions", data=body, headers={"Authorization": f"Bearer {key}"})).ok
    await expect(calls(user)).to_contain_text("/echo by its key")


@pytest.mark.parametrize("theme", THEMES)
async def test_the_calls_are_accessible_and_fit_a_phone(open_page: OpenPage, theme: str) -> None:
    user = await open_page("/calls", color_scheme=theme, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    await user.connected()
    await call(user, "/fail overloaded")
    await call(user, "say something " * 40)
    await expect(calls(user)).to_have_count(2)
    assert await findings(user) == []
    await calls(user).first.locator("summary").tap()
    await user.page.get_by_text("Call it from your own code").tap()
    await expect(user.page.get_by_role("button", name="Copy the key")).to_be_visible()
    assert await findings(user) == []
    assert await small(user, user.page.get_by_role("main").get_by_role("button")) == []
    assert await user.page.evaluate("document.documentElement.scrollWidth") == 390


async def test_a_conversation_is_saved_as_a_scenario_that_plays_it_again(open_page: OpenPage, tmp_path: Path) -> None:
    user = await open_page()
    await user.send("say something about reeds")
    await user.sees_replies()
    _, (_, reply) = await user.stored_texts()
    await user.page.get_by_role("button", name="Menu of this conversation").click()
    async with user.page.expect_download() as download:
        await user.page.get_by_role("button", name="Save as scenario").click()
    file = tmp_path / (await download.value).suggested_filename
    assert file.suffix == ".yaml"
    await (await download.value).save_as(file)
    headers = {"Authorization": f"Bearer {uuid4()}"}
    posted = await user.context.request.post(
        f"{user.server}/api/mock/rules", data=file.read_text(), headers={**headers, "Content-Type": "application/yaml"}
    )
    assert posted.ok, await posted.text()
    body = {"model": "m", "messages": [{"role": "user", "content": "say something about reeds"}]}
    answer = await (await user.context.request.post(f"{user.server}/v1/chat/completions", data=body, headers=headers)).json()
    assert answer["choices"][0]["message"]["content"] == reply
