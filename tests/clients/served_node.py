"""A node for clients that run in another process: prints its URL, and ends when its standard input does."""

import asyncio
import sys

from myna.node.logging_setup import configure
from tests.unit.api.conftest import serving


async def main() -> None:
    """Serve on the in-process broker until the parent closes our input, or has died."""
    configure("json")  # to standard error
    async with serving() as served:
        print(served.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
