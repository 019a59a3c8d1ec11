"""What the outside talks to: websocket, HTTP, `/v1`, the page."""
