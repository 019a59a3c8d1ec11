"""Chromium as the system has it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Headless, Chromium still draws a window's buttons, as pages of their own: half the processor time of each page that is opened.
WINDOW_PAGES = (
    "InitialWebUI,WebUIToolbar,WebUILocationBar,WebUIReloadButton,WebUIBackForwardButton,WebUIHomeButton,WebUISplitTabsButton,"
    "WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup,PreloadTopChromeWebUI"
)
# What Playwright switches off, said again because a second list replaces the first: guesses, services, and pages put off or kept.
UNWANTED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,"
    "MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,"
    "NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,SkipListAccountsWithoutGaiaCookies"
)
# No sandbox, because the tests may run as root in a container; no traffic of its own.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    f"--disable-features={WINDOW_PAGES},{UNWANTED}",
)


def chromium_path() -> str:
    """The path of the installed browser. Raises `FileNotFoundError` with what to do when there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("Chromium is not installed: run tests/services/install, or install it by hand.")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The installed browser, running headless. Raises `FileNotFoundError` where there is none."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=list(ARGUMENTS))
        yield browser
        await browser.close()
