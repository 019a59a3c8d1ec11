"""Decisions without I/O, clock or event loop: what the log means, whose turn it is, who gets which frame."""
