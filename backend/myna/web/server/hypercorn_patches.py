"""Hypercorn made safe for a public socket: which of its classes are replaced, and why.

Hypercorn has no setting for what is mended here. Everything is tried with the version that pyproject.toml names; a test for
each row of the table fails when another version no longer has the fault, or no longer has the place.
"""

from types import ModuleType
from typing import NamedTuple

from hypercorn.asyncio import tcp_server
from hypercorn.protocol import h11

from myna.web.server.http1 import Http1Connection
from myna.web.server.request_stream import RequestStream
from myna.web.server.upgrade_stream import UpgradeStream


class Patch(NamedTuple):
    """A class of Hypercorn, where it is looked up, and what stands in its place."""

    module: ModuleType
    name: str
    replacement: type
    reason: str


PATCHES = (
    Patch(
        tcp_server,
        "ProtocolWrapper",
        Http1Connection,
        "It becomes HTTP/2 when the client says so, whatever ALPN was offered, and hands streams of Hypercorn's own to the application.",
    ),
    Patch(
        h11,
        "HTTPStream",
        RequestStream,
        "It takes any number of requests and of bytes; a limit in the application would come after both.",
    ),
    Patch(
        h11,
        "WSStream",
        UpgradeStream,
        "It always offers permessage-deflate (half a megabyte can make half a gigabyte of us), goes on buffering after an oversized "
        "message, counts characters where the limit is bytes, and its pings hold a shutdown after the socket has gone.",
    ),
)


def apply() -> None:
    """Put the replacements in place; harmless when done twice."""
    for patch in PATCHES:
        current = getattr(patch.module, patch.name)
        assert issubclass(patch.replacement, current), f"hypercorn's {patch.name} is another class than the one that is replaced"
        setattr(patch.module, patch.name, patch.replacement)
