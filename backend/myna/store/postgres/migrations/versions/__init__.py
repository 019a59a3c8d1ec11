"""One module per step of the history of the schema."""
