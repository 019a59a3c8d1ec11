"""One connection, and all connections of a node."""
