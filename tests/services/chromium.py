"""Chromium as the system has it."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, because the tests may run as root in a container; no traffic of its own.
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", "--no-first-run")


def chromium_path() -> str:
    """The path of the installed browser. Raises `FileNotFoundError` with what to do when there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("Chromium is not installed: run tests/services/install, or install it by hand.")
