"""Films an experiment for the README, half a minute of it: `python -m tests.browser.take_animation`.

A real node is broken by the page's own buttons while screenshots are taken as fast as they go (some eight a second).
"""

import asyncio
import tempfile
import time

from playwright.async_api import Page, async_playwright, expect

from tests.browser.animated_webp import Frame, animation, encoded
from tests.browser.conftest import FRONT
from tests.browser.user import User
from tests.services.chromium import ARGUMENTS, chromium_path
from tests.services.stack import Node

OUT = FRONT / "screenshots/experiment.webp"
SIZE = {"width": 1240, "height": 830}  # picture and experiment stand side by side
QUALITY = 0.55
MAX_BYTES = 2_000_000
LAST_MS = 3_000  # how long the end is shown
EXPERIMENT = "Kill it in the middle of a word"


class Camera:
    """Takes pictures of a page until it is stopped."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pictures: list[tuple[float, bytes]] = []
        self.running = True

    async def film(self) -> None:
        while self.running:
            self.pictures.append((time.monotonic(), await self.page.screenshot()))

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
    node = Node({"CHAT_DATA_DIR": tempfile.mkdtemp(), "CHAT_MOCK_PROFILE": "normal"}, name="animation")
    await node.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, "--disable-gpu"])
            user = await User.open(browser, node.url, "/pipeline", color_scheme="light", locale="en-GB", viewport=SIZE)
            await user.connected()
            await user.page.get_by_role("button", name="Conversations").click()  # the sidebar goes
            await user.page.get_by_role("tab", name="Experiments").click()
            await user.page.get_by_role("list", name="Experiments").get_by_role("button", name=EXPERIMENT).click()
            camera = Camera(user.page)
            film = asyncio.create_task(camera.film())
            await play(user.page)
            camera.running = False
            await film
            frames = await camera.developed(await (await browser.new_context()).new_page())
            await browser.close()
    finally:
        node.terminate()
        await node.ended(30)
    content = animation(frames)
    print(f"{len(frames)} frames, {sum(frame.ms for frame in frames) / 1_000:.1f} s, {len(content) / 1_000:.0f} kB")
    assert len(content) <= MAX_BYTES
    OUT.write_bytes(content)


if __name__ == "__main__":
    asyncio.run(main())
