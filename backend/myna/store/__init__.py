"""Conversations in a database, behind one port."""
