"""Myna: a queue-backed AI chat pipeline. The route and its rooms are drawn in the README."""
