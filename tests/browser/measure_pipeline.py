"""Measures the pipeline view under thousands of events a second of its own: `python -m tests.browser.measure_pipeline`."""

import argparse
import asyncio
from typing import Any

from playwright.async_api import CDPSession

from tests.browser.conftest import fake_serving
from tests.browser.user import User
from tests.services.chromium import chromium

WARM_S = 3.0  # until code is compiled and the picture stands
COUNT_MESSAGES = """window.messages = 0;
window.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given);
        this.addEventListener('message', () => { window.messages += 1; });
    }
};"""
COUNT_FRAMES = """seconds => new Promise((resolve) => {
    const begun = performance.now();
    const before = window.messages;
    let [frames, last, longest] = [0, begun, 0];
    requestAnimationFrame(function next(now) {
        frames += 1;
        longest = Math.max(longest, now - last);
        last = now;
        const passed = (now - begun) / 1000;
        if (passed < seconds) requestAnimationFrame(next);
        else resolve({ seconds: passed, frames: frames / passed, messages: (window.messages - before) / passed, longest });
    });
})"""
WORK = {"TaskDuration": "all", "ScriptDuration": "script", "LayoutDuration": "layout", "RecalcStyleDuration": "style"}


async def work_of(session: CDPSession) -> dict[str, float]:
    """Seconds of processor time of the page's main thread so far, by kind of work."""
    metrics: list[dict[str, Any]] = (await session.send("Performance.getMetrics"))["metrics"]
    return {WORK[one["name"]]: one["value"] for one in metrics if one["name"] in WORK}


async def measured(events_per_s: int, seconds: float, path: str) -> str:
    """Frames a second, and the page's own processor time a second, while so many events come."""
    async with fake_serving(FAKE_EVENTS_PER_S=str(events_per_s), FAKE_OWNER="") as fake, chromium() as browser:
        user = await User.open(browser, fake.url, "/favicon.svg", viewport={"width": 1440, "height": 900})
        await user.page.add_init_script(COUNT_MESSAGES)
        await user.page.goto(fake.url + path)
        await user.connected()
        await asyncio.sleep(WARM_S)
        session = await user.context.new_cdp_session(user.page)
        # Its thread's own processor time, so that a busy machine does not count.
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = await work_of(session)
        seen = await user.page.evaluate(COUNT_FRAMES, seconds)
        after = await work_of(session)
    work = ", ".join(f"{kind} {1000 * (after[kind] - before[kind]) / seen['seconds']:.0f}" for kind in WORK.values())
    return (
        f"{path}: {seen['messages']:.0f} events/s, {seen['frames']:.1f} frames/s, longest {seen['longest']:.0f} ms; "
        f"processor time of the main thread in ms a second: {work}"
    )


async def main() -> None:
    """Reads the arguments and prints one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000, help="a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--path", default="/pipeline")
    chosen = parser.parse_args()
    print(await measured(chosen.events, chosen.seconds, chosen.path))


if __name__ == "__main__":
    asyncio.run(main())
