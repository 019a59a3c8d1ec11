"""The page in Firefox: `make firefox`, on a machine that has it. `make test` leaves it out, because few machines have two browsers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.conftest import FRONT, FakeBackend
from tests.services.firefox import ENTER, Firefox
from tests.services.stack import Node

TURNS = "document.querySelectorAll('.thread .turn').length"
ENDED = "document.querySelectorAll('.thread [aria-label=\"Another reply\"]').length"
TO_END = "(() => { const log = document.querySelector('.thread'); return log.scrollHeight - log.scrollTop - log.clientHeight <= 2 })()"
AXE = """axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes[0].html}`).join('\\n'))"""
WIDTHS = (390, 820, 1440)


@pytest.fixture(scope="session")
async def running_firefox() -> AsyncIterator[Firefox]:
    firefox = Firefox()
    await firefox.start()
    yield firefox
    await firefox.stop()


@pytest.fixture
async def firefox(running_firefox: Firefox) -> AsyncIterator[Firefox]:
    """A new user at the width of a desk; the console has to stay silent."""
    await running_firefox.command("storage.deleteCookies")  # a new user: cookies are those of the host, whatever the port
    await running_firefox.resize(1280, 800)
    running_firefox.errors.clear()
    yield running_firefox
    assert running_firefox.errors == []


async def send(firefox: Firefox, text: str) -> None:
    await firefox.becomes("document.querySelector('.connection-status').textContent", "Connected")
    await firefox.value("document.querySelector('.composer textarea').focus()")
    await firefox.press(text, ENTER)


async def test_a_message_is_sent_streamed_and_edited_into_a_branch(firefox: Firefox, live_server: Node) -> None:
    await firefox.open(live_server.url)
    await send(firefox, "/code python")
    await firefox.becomes(ENDED, 1)
    await firefox.becomes("document.querySelector('.code .hljs-keyword') !== null")
    await send(firefox, "/echo two")
    await firefox.becomes(ENDED, 2)
    await firefox.press("\ue013")  # the arrow up
    await firefox.becomes("document.activeElement.getAttribute('aria-label')", "Edit the message")
    await firefox.press(" and a half", ENTER)
    await firefox.becomes("document.querySelector('.turn.last .message .versions span')?.textContent", "2/2")
    await firefox.becomes(ENDED, 2)
    await firefox.click("[aria-label='Previous version of the message']")
    await firefox.becomes("document.querySelector('.turn.last .bubble').textContent", "/echo two")
    await firefox.open(await firefox.value("location.href"))
    await firefox.becomes("document.querySelector('.turn.last .bubble')?.textContent", "/echo two")


async def test_menus_dialogs_and_the_pipeline_view_open(firefox: Firefox, live_server: Node) -> None:
    await firefox.open(live_server.url)
    await send(firefox, "/echo menus")
    await firefox.becomes(ENDED, 1)
    await firefox.click(".topbar [aria-label='Menu of this conversation']")
    await firefox.becomes("document.querySelector('.topbar .menu:popover-open') !== null")
    # The menu stands below its button, and not in a corner of the page.
    await firefox.becomes(
        "Math.abs(document.querySelector('.menu:popover-open').getBoundingClientRect().top"
        " - document.querySelector('.topbar [aria-expanded=true][aria-haspopup]').getBoundingClientRect().bottom) < 16"
    )
    await firefox.press("\ue00c")  # Escape
    await firefox.click("[aria-label='Settings']")
    await firefox.becomes("document.querySelector('dialog[open]')?.getAttribute('aria-label')", "Settings")
    await firefox.press("\ue00c")
    await firefox.click(".pipeline-status")
    await firefox.becomes("document.querySelector('h1')?.textContent", "One queue in, one log out")


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_end_stays_in_view_at_every_width(firefox: Firefox, live_server: Node, width: int) -> None:
    await firefox.resize(width, 760)
    await firefox.open(live_server.url)
    for count, text in enumerate(("/words 200", "/table 12", "/echo short", "/code python", "/words 90", "/list 9"), 1):
        await send(firefox, text)
        await firefox.becomes(f"document.querySelector('.turn.last')?.textContent.includes('{text}')")
        await firefox.becomes("document.querySelector('.turn.last [aria-label=\"Another reply\"]') !== null")
        await firefox.becomes(TO_END, within_s=5)
        assert await firefox.value("document.querySelector('.jump') === null"), count


async def test_ten_thousand_messages_open_at_their_end(firefox: Firefox, fake_backend: FakeBackend) -> None:
    await firefox.open(fake_backend.url + fake_backend.address("long conversation"))
    await firefox.becomes("document.querySelector('.turn.last')?.textContent.includes('reply number 5000')")
    await firefox.becomes(TO_END)


async def test_axe_finds_nothing_serious(firefox: Firefox, live_server: Node) -> None:
    await firefox.open(live_server.url)
    await send(firefox, "/markdown")
    await firefox.becomes(ENDED, 1)
    await firefox.value(f"(() => {{ {Path(FRONT / 'node_modules/axe-core/axe.min.js').read_text()} }})()")
    assert await firefox.value(AXE) == ""
