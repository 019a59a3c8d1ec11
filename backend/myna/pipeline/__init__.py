"""The route of a message: submitted, answered, relayed, recorded, read."""
