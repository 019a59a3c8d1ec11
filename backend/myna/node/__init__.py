"""Builds a backend node or a responder out of its parts, starts it and drains it."""
