"""The contract suites' own fixtures."""

from tests.contract.broker_fixtures import broker, clean_loop, make_rig, rig
from tests.contract.store_fixtures import postgres_rig, store_database, store_rig

__all__ = ["broker", "clean_loop", "make_rig", "postgres_rig", "rig", "store_database", "store_rig"]
