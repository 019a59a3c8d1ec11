"""What travels, as plain data: events, frames, cursors, queue names, errors."""
