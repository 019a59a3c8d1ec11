"""The contract suites' own fixtures."""

from tests.contract.broker_fixtures import broker, clean_loop, make_rig, rig

__all__ = ["broker", "clean_loop", "make_rig", "rig"]
