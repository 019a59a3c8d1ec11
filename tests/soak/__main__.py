"""`python -m tests.soak [--minutes N] [--seed N]`: faults at random under load; exit code 1 when any promise was broken."""

import argparse
import asyncio
import secrets
import sys

from tests.services.postgres import PostgresServer
from tests.services.rabbitmq import RabbitNode
from tests.soak.runner import soak


async def main(minutes: float, seed: int) -> int:
    print(f"Soaking for {minutes:g} minutes with seed {seed} (the same faults again: --seed {seed}).", flush=True)
    rabbit, postgres = RabbitNode(), PostgresServer()
    try:
        await rabbit.start()
        await postgres.start()
        result = await soak(rabbit, postgres, minutes=minutes, seed=seed)
    finally:
        await rabbit.stop()
        await postgres.remove()
    print(result.table())
    print(f"\n{'Every promise was kept' if result.clean else 'PROMISES WERE BROKEN'} (seed {seed}).")
    return 0 if result.clean else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Faults at random under load.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.minutes, options.seed if options.seed is not None else secrets.randbelow(1_000_000))))
