"""Half a minute of `make random-user`."""

import os
import random

import pytest
from playwright.async_api import Browser

from tests.browser.random_user import wander
from tests.services.budgets import budget

SECONDS = 30  # and about as many again for the backend of its own, for coming to rest and for comparing


@pytest.mark.timeout(budget(120))
async def test_whatever_a_user_does_both_tabs_end_as_the_server_has_it(browser: Browser, built_page: object) -> None:
    seed = int(os.environ.get("RANDOM_USER_SEED", random.randrange(2**32)))
    print(f"\nRANDOM_USER_SEED={seed}")
    user, problems = await wander(browser, SECONDS, seed)
    print(f"{user.sent.total()} messages sent, {dict(user.done)}")
    assert problems == []
