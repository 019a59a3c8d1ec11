"""Myna: a queue-backed AI chat pipeline. The README beside this package tells the route."""
