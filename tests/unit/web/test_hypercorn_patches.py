"""Each class of Hypercorn that is replaced still has its fault, and is still looked up where it is replaced."""

import inspect
from importlib.metadata import version
from types import ModuleType
from typing import Any

import pytest
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from hypercorn.protocol import ProtocolWrapper
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import Handshake, WSStream

from myna.web.server import hypercorn_patches
from myna.web.server.hypercorn_patches import PATCHES, Patch

# Where the name of a replaced class is read from its module when a connection needs one.
LOOKED_UP: dict[str, Any] = {
    "ProtocolWrapper": TCPServer.run,
    "HTTPStream": H11Protocol._create_stream,
    "WSStream": H11Protocol._create_stream,
}
# The methods of theirs that ours override, with the parameters that ours count on.
OVERRIDDEN = {
    TCPServer.__init__: ["self", "app", "loop", "config", "context", "state", "reader", "writer"],
    ProtocolWrapper.__init__: [
        "self",
        "app",
        "config",
        "context",
        "task_group",
        "state",
        "ssl",
        "client",
        "server",
        "send",
        "alpn_protocol",
    ],
    ProtocolWrapper.handle: ["self", "event"],
    H11Protocol.__init__: ["self", "app", "config", "context", "task_group", "connection_state", "ssl", "client", "server", "send"],
    H11Protocol._check_protocol: ["self", "event"],
    H11Protocol._create_stream: ["self", "request"],
    TCPServer.run: ["self"],
    TCPServer.protocol_send: ["self", "event"],
    TCPServer._close: ["self"],
    HTTPStream.handle: ["self", "event"],
    HTTPStream.app_send: ["self", "message"],
    WSStream.handle: ["self", "event"],
    WSStream._accept: ["self", "message"],
    WSStream.app_send: ["self", "message"],
}


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_a_replaced_class_is_still_looked_up_where_it_is_replaced(patch: Patch) -> None:
    assert f" {patch.name}(" in inspect.getsource(LOOKED_UP[patch.name]), f"hypercorn {version('hypercorn')}: {patch.reason}"


@pytest.mark.parametrize("method", OVERRIDDEN, ids=lambda method: method.__qualname__)
def test_a_method_that_is_overridden_takes_what_it_took(method: Any) -> None:
    assert list(inspect.signature(method).parameters) == OVERRIDDEN[method]


def test_hypercorn_would_become_http2() -> None:
    assert "H2Protocol(" in inspect.getsource(ProtocolWrapper.handle), "then Http1Connection need not refuse it"


def test_hypercorn_can_not_be_told_to_offer_no_compression() -> None:
    asked = [(b"sec-websocket-extensions", b"permessage-deflate"), (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")]
    _, answered, _ = Handshake(asked, "1.1").accept(None, [])
    assert b"sec-websocket-extensions" in dict(answered), "then UpgradeStream need not refuse it"
    assert not [name for name in dir(Config()) if "compress" in name or "deflate" in name or "extension" in name]


def test_a_stream_of_hypercorn_is_not_given_its_tcp_connection() -> None:
    parameters = inspect.signature(WSStream).parameters
    assert not {"reader", "writer", "transport"} & parameters.keys(), "then LimitedTCPServer need not put it in the state"


def test_a_class_that_is_not_the_one_replaced_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("other")
    other.WSStream = dict  # type: ignore[attr-defined]
    broken = Patch(other, "WSStream", WSStream, "")
    monkeypatch.setattr(hypercorn_patches, "PATCHES", (broken,))
    with pytest.raises(AssertionError, match="hypercorn's WSStream is another class"):
        hypercorn_patches.apply()
