"""A minute of `make random-user`."""

import os
import random

from playwright.async_api import Browser

from tests.browser.random_user import wander

SECONDS = 45  # and about 15 more until everything is at rest and compared


async def test_whatever_a_user_does_both_tabs_end_as_the_server_has_it(browser: Browser, built_page: object) -> None:
    seed = int(os.environ.get("RANDOM_USER_SEED", random.randrange(2**32)))
    print(f"\nRANDOM_USER_SEED={seed}")
    user, problems = await wander(browser, SECONDS, seed)
    print(f"{user.sent.total()} messages sent, {dict(user.done)}")
    assert problems == []
