"""Judges what clients received by the contract alone: it knows none of the code that is judged."""
