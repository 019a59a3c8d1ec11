"""What the mock has to say, as plain data. No logic, no imports from the rest of the program."""
