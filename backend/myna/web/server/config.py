"""Hypercorn's configuration of one node, with the limits that its connections and requests count by."""

from hypercorn.config import Config

from myna.web.auth import Sessions
from myna.web.limits import Limits


class ServerConfig(Config):
    """One process on one listening socket."""

    def __init__(self, descriptor: int, limits: Limits, sessions: Sessions) -> None:
        super().__init__()
        self.limits = limits
        self.sessions = sessions
        self.listener = descriptor
        self.keep_alive_timeout = limits.settings.header_s  # Hypercorn's: until a connection's next request has its headers
        self.graceful_timeout = 1
        self.loglevel = "WARNING"
        self.include_server_header = False
        self.alpn_protocols = ["http/1.1"]
