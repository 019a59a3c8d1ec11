"""Myna as a neighbouring release might be: `python -m tests.flow.next_release …` is `myna …`, but what it writes to the log has more.

Each event has one more field inside the pipeline and one more for sockets, and replies come with an event of a new type.
"""

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from myna.broker.rabbitmq.broker import RabbitBroker
from myna.cli.main import main
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.event_fields import WireStruct
from myna.protocol.topology import RoutingKey

MORE_INSIDE, MORE_FOR_SOCKETS = "trace", "mood"
RATED = b'{"owner":"%b","type":"reply.rated","at":"2026-01-01T00:00:00.000Z","stars":5}' % (b"0" * 36)

encode, line_of_part, submit = log_codec.encode, log_codec.PartLines.line, RabbitBroker.submit


def encode_more(struct: WireStruct) -> bytes:
    line = encode(struct)
    return more(line) if isinstance(struct, e.Event) and not isinstance(struct, e.ReplyDelta) else line


def more_in_part(lines: log_codec.PartLines, at: str, index: int, text: str) -> bytes:
    return more(line_of_part(lines, at, index, text))


def more(line: bytes) -> bytes:
    return b'{"%b":{"type":"span","id":1},%b,"%b":"good"}' % (MORE_INSIDE.encode(), line[1:-1], MORE_FOR_SOCKETS.encode())


def submit_more(broker: RabbitBroker, key: RoutingKey, lines: Sequence[bytes]) -> Any:
    return submit(broker, key, [RATED, *lines] if key == RoutingKey.EVENT else lines)


if __name__ == "__main__":
    with (
        patch.object(log_codec, "encode", encode_more),
        patch.object(log_codec.PartLines, "line", more_in_part),
        patch.object(RabbitBroker, "submit", submit_more),
    ):
        main()
