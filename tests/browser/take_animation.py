"""Films an experiment for the README, half a minute of it: `python -m tests.browser.take_animation`.

A real node is broken by the page's own buttons while the browser hands over what it draws.
"""

import asyncio
import base64
import time
from typing import Any

from playwright.async_api import CDPSession, Page, expect

from tests.browser.animated_webp import Frame, animation, encoded
from tests.browser.conftest import FRONT
from tests.browser.embedded import embedded_node
from tests.browser.user import User

OUT = FRONT / "screenshots/experiment.webp"
SIZE = {"width": 1240, "height": 830}  # picture and experiment stand side by side
QUALITY = 0.55
MAX_BYTES = 2_000_000
MOST_PER_S = 8  # pictures
LAST_MS = 3_000  # how long the end is shown
EXPERIMENT = "Kill it in the middle of a word"


class Camera:
    """Keeps each picture that the browser draws of a page, `MOST_PER_S` at most, until it is stopped."""

    def __init__(self, session: CDPSession) -> None:
        self.session = session
        self.pictures: list[tuple[float, bytes]] = []

    async def film(self) -> None:
        self.session.on("Page.screencastFrame", self._take)
        await self.session.send("Page.startScreencast", {"format": "png"})

    async def stop(self) -> None:
        await self.session.send("Page.stopScreencast")

    async def _take(self, frame: dict[str, Any]) -> None:
        at = time.monotonic()
        if not self.pictures or at - self.pictures[-1][0] >= 1 / MOST_PER_S:
            self.pictures.append((at, base64.b64decode(frame["data"])))
        await self.session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    async def developed(self, table: Page) -> list[Frame]:
        """The frames, each shown until the next one was taken. `table` is an empty page."""
        frames: list[Frame] = []
        times = [*(at for at, _ in self.pictures[1:]), self.pictures[-1][0] + LAST_MS / 1_000]
        for (at, png), until in zip(self.pictures, times, strict=True):
            frame = await encoded(table, png, QUALITY)
            if frame is not None:
                frames.append(frame)
            frames[-1].ms += round((until - at) * 1_000)
        return frames


async def play(page: Page) -> None:
    """What is shown: predict, do, read why; then the same once more, back in time."""
    await page.wait_for_timeout(1_500)
    experiment = page.get_by_role("article", name=EXPERIMENT)
    await experiment.get_by_role("radio").nth(1).check()
    await page.wait_for_timeout(2_000)
    await experiment.get_by_role("button", name="Do it").click()
    await expect(experiment.get_by_role("region", name="Why")).to_be_visible()
    await page.wait_for_timeout(2_000)
    await experiment.get_by_role("region", name="Why").scroll_into_view_if_needed()
    await page.wait_for_timeout(4_500)
    await page.get_by_role("region", name="The pipeline").evaluate("one => one.scrollTo(0, 0)")
    await page.get_by_role("button", name="Rewind").click()
    await page.wait_for_timeout(1_000)
    await page.get_by_role("region", name="The conversation at that moment").scroll_into_view_if_needed()
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


async def main() -> None:
    async with embedded_node("animation", CHAT_MOCK_PROFILE="normal") as (browser, url):
        user = await User.open(browser, url, "/pipeline", color_scheme="light", locale="en-GB", viewport=SIZE)
        await user.connected()
        await user.page.get_by_role("button", name="Conversations").click()  # the sidebar goes
        await user.page.get_by_role("tab", name="Experiments").click()
        await user.page.get_by_role("list", name="Experiments").get_by_role("button", name=EXPERIMENT).click()
        camera = Camera(await user.context.new_cdp_session(user.page))
        await camera.film()
        await play(user.page)
        await camera.stop()
        frames = await camera.developed(await (await browser.new_context()).new_page())
    content = animation(frames)
    print(f"{len(frames)} frames, {sum(frame.ms for frame in frames) / 1_000:.1f} s, {len(content) / 1_000:.0f} kB")
    assert len(content) <= MAX_BYTES
    OUT.write_bytes(content)


if __name__ == "__main__":
    asyncio.run(main())
