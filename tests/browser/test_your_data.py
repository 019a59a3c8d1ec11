"""What people do with what they said: share it, delete it in bulk, be forgotten."""

from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_access import findings
from tests.browser.user import User

HOSTILE = '/echo <img src=x onerror="document.title=1"> <script>document.title = 2</script> **bold** [run](javascript:document.title=3)'

# Whatever runs, loads or leads to a script.
ACTIVE = """[...document.querySelectorAll('*')].filter((one) =>
    /^(script|img|iframe|object|embed|link|base|form|svg)$/i.test(one.tagName)
    || one.getAttributeNames().some((name) => /^on|^src/.test(name))
    || /script:/.test(one.getAttribute('href') ?? '')).map((one) => one.outerHTML)"""


async def shared(user: User, tmp_path: Path) -> Path:
    """The file that "Share as a web page" makes of the open conversation."""
    await user.page.get_by_role("button", name="Menu of this conversation").click()
    async with user.page.expect_download() as download:
        await user.page.get_by_role("main").get_by_role("button", name="Share as a web page").click()
    file = tmp_path / (await download.value).suggested_filename
    await (await download.value).save_as(file)
    return file


async def test_a_conversation_is_shared_as_one_file_that_opens_without_a_server(open_page: OpenPage, tmp_path: Path) -> None:
    user = await open_page()
    await user.send("/code python")
    await user.sees_replies()
    await user.send("/table 3")
    await user.sees_replies(2)
    file = await shared(user, tmp_path)
    assert file.suffix == ".html"
    reader = User(user.context, await user.context.new_page(), "")
    reader.console_errors = user.console_errors
    requests: list[str] = []
    reader.page.on("request", lambda request: requests.append(request.url))
    await user.context.set_offline(True)
    user.expects_disconnects = True
    await reader.page.goto(file.as_uri())
    await expect(reader.page.get_by_role("heading", level=1)).to_have_text("Code in python")
    await expect(reader.page.get_by_text("/table 3", exact=True)).to_be_visible()
    await expect(reader.page.get_by_role("table")).to_be_visible()
    await expect(reader.page.locator(".code .hljs-keyword").first).to_be_visible()
    await expect(reader.page.get_by_role("button")).to_have_count(0)
    stages = reader.page.locator("details").first
    await expect(stages.get_by_text("waited in chat_queue")).to_be_hidden()
    await stages.locator("summary").click()
    await expect(stages.get_by_text("waited in chat_queue")).to_be_visible()
    assert requests == [file.as_uri()]
    assert await findings(reader) == []
    await user.context.set_offline(False)


async def test_a_shared_file_is_inert_whatever_was_said(open_page: OpenPage, tmp_path: Path) -> None:
    user = await open_page()
    await user.send(HOSTILE)
    await user.sees_replies()
    await user.page.get_by_role("main").get_by_title("Rename").click()
    await user.page.get_by_role("textbox", name="Title of the conversation").fill("</title><script>document.title = 4</script>")
    await user.page.keyboard.press("Enter")
    file = await shared(user, tmp_path)
    assert "default-src 'none'" in file.read_text()
    reader = User(user.context, await user.context.new_page(), "")
    reader.console_errors = user.console_errors
    await reader.page.goto(file.as_uri())
    await expect(reader.page).to_have_title("</title><script>document.title = 4</script> · Myna")
    await expect(reader.page.get_by_text(HOSTILE, exact=True)).to_be_visible()
    assert await reader.page.locator("strong").all_inner_texts() == ["bold"]
    assert await reader.page.evaluate(ACTIVE) == []


async def test_several_conversations_are_deleted_at_once_and_brought_back_at_once(open_page: OpenPage) -> None:
    user = await open_page()
    for text in ("alpha", "beta", "gamma"):
        await user.start_conversation(f"/echo {text}")
    await user.page.get_by_role("button", name="Settings").click()
    await user.page.get_by_role("button", name="Delete conversations…").click()
    dialog = user.page.get_by_role("dialog", name="Delete conversations")
    await expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    await dialog.get_by_label("alpha").check()
    await dialog.get_by_label("gamma").check()
    await dialog.get_by_role("button", name="Delete 2").click()
    await expect(user.sidebar.get_by_role("link", name="alpha")).to_have_count(0)
    await expect(user.sidebar.get_by_role("link", name="beta")).to_be_visible()
    await user.page.get_by_role("button", name="Undo").click()
    await expect(user.sidebar.get_by_role("link", name="gamma")).to_be_visible()
    await user.page.keyboard.press("Control+k")
    await user.page.keyboard.type("several")
    await expect(user.page.get_by_role("option", name="Delete several")).to_have_attribute("aria-selected", "true")
    await user.page.keyboard.press("Enter")
    await dialog.get_by_label("Titles to show").fill("zeta")
    await expect(dialog.get_by_text("No title has “zeta” in it.")).to_be_visible()
    await dialog.get_by_label("Titles to show").fill("a")
    await dialog.get_by_label("All 3 shown").check()
    await dialog.get_by_role("button", name="Delete 3").click()
    await expect(user.page.get_by_text("What you say is kept here.")).to_be_visible()
    await expect(user.page.get_by_role("button", name="Undo")).to_have_count(0)
    await user.page.reload()
    await expect(user.page.get_by_text("What you say is kept here.")).to_be_visible()
    assert (await user.get_json("/api/conversations"))["items"] == []


async def test_forget_me_deletes_everything_here_and_there_in_every_tab(open_page: OpenPage) -> None:
    user = await open_page()
    await user.start_conversation("/echo nobody shall know")
    await user.field.fill("half a thought")
    two = await user.second_tab("/")
    await expect(two.sidebar.get_by_role("link", name="nobody shall know")).to_be_visible()
    owner = (await user.get_json("/api/conversations"))["items"][0]["id"]
    user.expects_disconnects = True
    await user.page.get_by_role("button", name="Settings").click()
    await user.page.get_by_role("button", name="Forget me…").click()
    await user.page.get_by_role("button", name="Keep everything").click()
    await user.page.get_by_role("button", name="Forget me…").click()
    await user.page.get_by_role("button", name="Delete everything, for good").click()
    for tab in (user, two):
        await expect(tab.page.get_by_text("What you say is kept here.")).to_be_visible()
        await expect(tab.sidebar.get_by_role("link", name="nobody shall know")).to_have_count(0)
        await tab.connected()
    await expect(user.field).to_have_value("")
    answer = await user.context.request.get(f"{user.server}/api/conversations/{owner}/messages")
    assert answer.status == 404
    await user.page.reload()
    await user.send("/echo a new start")
    await user.sees_replies()
    user.console_errors[:] = [one for one in user.console_errors if "401" not in one]
