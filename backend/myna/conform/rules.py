"""What a rule of the kit is, the list of all, and how they are run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from myna.client.connection import Closed
from myna.client.errors import ClientError
from myna.conform.server import Broken, Server

RULE_S = 90.0  # the longest that one rule may take
AT_ONCE = 6  # rules that are checked side by side, each as owners of its own: most of them wait for replies

Check = Callable[[Server], Awaitable[None]]


@dataclass(frozen=True)
class Rule:
    """One promise of the contract; `says` is the promise in words."""

    section: str
    says: str
    check: Check


class Section:
    """Collects the rules of one section of the contract: each a function whose docstring says the rule."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rules: list[Rule] = []

    def __call__(self, check: Check) -> Check:
        """Add a rule."""
        says = (check.__doc__ or "").strip().partition("\n")[0].removesuffix(".")
        self.rules.append(Rule(self.name, says, check))
        return check


async def run(url: str, rules: list[Rule]) -> AsyncIterator[tuple[Rule, str]]:
    """Each rule, in order, with what the server did against it; an empty text where it holds."""
    server, places = Server(url), asyncio.Semaphore(AT_ONCE)

    async def checked(rule: Rule) -> str:
        async with places:
            return await _broken(rule, server)

    checks = [asyncio.create_task(checked(rule), name=rule.check.__name__) for rule in rules]
    try:
        for rule, check in zip(rules, checks, strict=True):
            yield rule, await check
    finally:
        for check in checks:
            check.cancel()


async def _broken(rule: Rule, server: Server) -> str:
    try:
        async with asyncio.timeout(RULE_S):
            await rule.check(server)
    except (Broken, ClientError) as error:
        return str(error)
    except Closed as closed:
        return f"the server closed the connection with {closed.code}"
    except TimeoutError:
        return f"it took longer than {RULE_S:.0f} s"
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return f"an answer had another shape than the contract's: {type(error).__name__}: {error}"
    return ""
