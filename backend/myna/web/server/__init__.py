"""Hypercorn, with limits it does not have itself."""
