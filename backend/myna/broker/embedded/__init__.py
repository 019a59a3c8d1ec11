"""The broker port inside the process, with a journal on disk."""
