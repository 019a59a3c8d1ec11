"""Measures whether anything on the page moves that nobody moved."""

from typing import Any

from playwright.async_api import Page

from tests.services.budgets import budget

QUIET_MS = int(1000 * budget(1))  # after an act; what it leads to is on the page by then
# Compares the places of the messages between moments at which the conversation has been at rest for two frames: in between, it may
# have been changed and not yet scrolled, which nobody sees. What follows an input, or an act of the test, is caused by it. A page
# that follows the end of a conversation moves up as it grows, and never down. Less than 4 px is not seen as a jump.
WATCH = """((QUIET_MS) => {
    const JUMP_PX = 4;
    let caused = 0, rest = null, last = '';
    window.layoutJumps = [];
    window.caused = () => { caused = performance.now() };
    for (const type of ['pointerdown', 'wheel', 'keydown', 'input', 'resize', 'popstate'])
        addEventListener(type, window.caused, { capture: true, passive: true });
    const read = (log) => {
        const edge = log.getBoundingClientRect();
        const rows = [...log.querySelectorAll('.turn')].map((turn) => [turn, turn.getBoundingClientRect()]);
        const shown = rows.filter(([, box]) => box.bottom > edge.top && box.top < edge.bottom);
        const places = new Map(shown.map(([turn, box]) => [turn, box.top]));
        const end = rows.at(-1)?.[0];
        return {
            places, path: location.href, follows: log.scrollHeight - log.scrollTop - log.clientHeight <= 1,
            what: `${log.clientHeight} of ${log.scrollHeight} at ${log.scrollTop}, ${rows.length} rows,`
                + ` last ${end?.className} ${end?.innerText.slice(-60)}`,
        };
    };
    const compare = (now) => {
        for (const [turn, top] of now.places) {
            const moved = top - (rest?.places.get(turn) ?? top);
            if (rest?.path !== now.path || !(rest.follows ? moved > JUMP_PX : Math.abs(moved) > JUMP_PX)) continue;
            window.layoutJumps.push({ moved, text: turn.textContent.slice(0, 60), from: rest.what, to: now.what, at: Date.now() });
            return;
        }
    };
    const look = () => {
        const log = document.querySelector('.thread');
        const state = log && `${location.href} ${log.clientHeight} ${log.scrollHeight} ${log.scrollTop}`;
        if (log && state === last) {
            const now = read(log);
            const quiet = performance.now() - caused > QUIET_MS;
            if (quiet) compare(now);
            rest = quiet ? now : null;  // places from before an act say nothing about those after it
        }
        last = state;
        requestAnimationFrame(() => setTimeout(look));
    };
    look();
})(QUIET_MS_HERE)"""


async def watch(page: Page) -> None:
    """From the next navigation on."""
    await page.add_init_script(WATCH.replace("QUIET_MS_HERE", str(QUIET_MS)))


async def caused(page: Page) -> None:
    """What moves within the next `QUIET_MS` has a reason outside of the page."""
    await page.evaluate("window.caused?.()")


async def found(page: Page) -> list[dict[str, Any]]:
    """The jumps since the page was loaded, each reported once."""
    return list(await page.evaluate("(window.layoutJumps ?? []).splice(0)"))
