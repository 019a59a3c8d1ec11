"""The contract suites' own fixtures."""

from tests.contract.broker_fixtures import broker, clean_loop, harness, make_harness
from tests.contract.store_fixtures import postgres_harness, store_database, store_harness

__all__ = ["broker", "clean_loop", "harness", "make_harness", "postgres_harness", "store_database", "store_harness"]
