"""What other projects' tests use of Myna; it imports nothing of the rest."""
