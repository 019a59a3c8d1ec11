"""Measures whether anything on the page moves that nobody moved."""

from typing import Any

from playwright.async_api import Page

JUMP_PX = 4  # less is not seen as a jump

# Compares the places of the messages from frame to frame. What follows an input, or an act of the test, is caused by it; a page that
# follows the end of a conversation moves up as it grows, and never down.
WATCH = """(() => {
    const QUIET_MS = 1000;
    let caused = 0, banner = false, before = new Map(), followed = false;
    window.layoutJumps = [];
    window.caused = () => { caused = performance.now() };
    for (const type of ['pointerdown', 'wheel', 'keydown', 'input', 'resize', 'popstate'])
        addEventListener(type, window.caused, { capture: true, passive: true });
    const frame = () => {
        const log = document.querySelector('.thread');
        const shown = document.querySelector('.banner') !== null;
        if (shown !== banner) window.caused();
        banner = shown;
        const places = new Map();
        const edge = log?.getBoundingClientRect();
        for (const turn of log?.querySelectorAll('.turn') ?? []) {
            const box = turn.getBoundingClientRect();
            if (box.bottom > edge.top && box.top < edge.bottom) places.set(turn, box.top);
        }
        if (performance.now() - caused > QUIET_MS)
            for (const [turn, top] of places) {
                const moved = top - (before.get(turn) ?? top);
                if (followed ? moved > JUMP_PX : Math.abs(moved) > JUMP_PX) {
                    const queued = document.querySelectorAll('.queued-messages li').length;
                    window.layoutJumps.push({ moved, followed, queued, text: turn.textContent.slice(0, 60), at: Date.now() });
                    window.caused();
                    break;
                }
            }
        before = places;
        followed = log !== null && log.scrollHeight - log.scrollTop - log.clientHeight <= 1;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
})()""".replace("JUMP_PX", str(JUMP_PX))


async def watch(page: Page) -> None:
    """From the next navigation on."""
    await page.add_init_script(WATCH)


async def caused(page: Page) -> None:
    """What moves within the next second has a reason outside of the page."""
    await page.evaluate("window.caused?.()")


async def found(page: Page) -> list[dict[str, Any]]:
    """The jumps since the page was loaded, each reported once."""
    return list(await page.evaluate("(window.layoutJumps ?? []).splice(0)"))
