"""The documents that describe the HTTP routes, the socket and the queues."""
