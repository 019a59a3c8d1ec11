"""How long the page takes over slow networks: `python -m tests.browser.slow_network`. Prints a table in Markdown.

The networks are those of Chromium's developer tools.
"""

import asyncio
import statistics
from typing import NamedTuple

from playwright.async_api import Browser, Page, expect

from tests.browser.embedded import embedded_node

ROUNDS = 3
WITHIN_MS = 60_000
TIMES = """() => ({
  requests: 1 + performance.getEntriesByType('resource').length,
  paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  kB: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, one) => sum + one.transferSize, 0) / 1000,
})"""


class Network(NamedTuple):
    """What a network adds to each request, and what it carries."""

    latency_ms: float
    down_bytes_per_s: float
    up_bytes_per_s: float


NETWORKS = {
    "no limit": None,
    "Fast 4G": Network(165, 1_012_500, 168_750),
    "Slow 4G (Fast 3G)": Network(562.5, 180_000, 84_375),
    "3G (Slow 3G)": Network(2_000, 50_000, 50_000),
}


class Visit(NamedTuple):
    """One visit: seconds from the navigation on, and what was carried."""

    paint: float  # something is seen
    usable: float  # a message can be typed
    connected: float  # and is sent at once
    kb: float
    requests: float


async def visit(page: Page, url: str) -> Visit:
    """Open the page, and wait until it is connected."""
    begin = asyncio.get_running_loop().time()
    await page.goto(url, wait_until="commit", timeout=WITHIN_MS)
    await expect(page.locator(".composer textarea")).to_be_editable(timeout=WITHIN_MS)
    usable = asyncio.get_running_loop().time() - begin
    await expect(page.get_by_text("Connected", exact=True)).to_be_attached(timeout=WITHIN_MS)
    connected = asyncio.get_running_loop().time() - begin
    await page.wait_for_load_state("networkidle", timeout=WITHIN_MS)
    times = await page.evaluate(TIMES)
    return Visit(times["paint"] / 1000, usable, connected, times["kB"], times["requests"])


async def visits(browser: Browser, url: str, network: Network | None) -> tuple[Visit, Visit]:
    """The first visit of a newcomer, and the second, for which the browser has the files."""
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    if network is not None:
        conditions = {"offline": False, "latency": network.latency_ms, "downloadThroughput": network.down_bytes_per_s}
        await session.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": network.up_bytes_per_s})
    first = await visit(page, url)
    await page.goto("about:blank")
    second = await visit(page, url)
    await context.close()
    return first, second


async def main() -> None:
    print("| network | visit | first paint, s | usable, s | connected, s | kB | requests |\n|---|---|---:|---:|---:|---:|---:|")
    async with embedded_node("slow-network", CHAT_LOG_FORMAT="json") as (browser, url):
        for name, network in NETWORKS.items():
            rounds = [await visits(browser, url, network) for _ in range(ROUNDS)]
            for which, seen in zip(("first", "second"), zip(*rounds, strict=True), strict=True):
                middle = Visit(*(statistics.median(values) for values in zip(*seen, strict=True)))
                times = f"{middle.paint:.2f} | {middle.usable:.2f} | {middle.connected:.2f}"
                print(f"| {name} | {which} | {times} | {middle.kb:.0f} | {middle.requests:.0f} |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
