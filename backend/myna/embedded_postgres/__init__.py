"""Runs the Postgres server of a Python wheel as a child of this process."""
