"""The texts that replies are made of, as plain data."""
