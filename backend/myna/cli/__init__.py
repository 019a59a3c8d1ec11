"""The command `myna`."""
