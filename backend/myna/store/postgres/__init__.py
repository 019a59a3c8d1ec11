"""The store port on Postgres."""
