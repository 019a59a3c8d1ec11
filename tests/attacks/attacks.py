"""The table of attacks, each a way to cost a node what others need.

Run as `python -m tests.attacks.attacks NAME PORT SECONDS`, one attacks a node on this machine and prints what it was told, as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from tests.attacks import by_body, by_connection, by_crowd, by_frame, by_protocol, by_request
from tests.attacks.attacker import HEADER_S, UNREAD_S, Attacker
from tests.attacks.spinning import use_one_core


class Attack(NamedTuple):
    """What is done, and what its attacker is told: one of these at least."""

    run: Callable[[Attacker], None]
    told: set[str]
    seconds: float = 1.2  # for which it goes on
    waits_s: float = 0.0  # until a time that the node gives everybody is over
    everything: int = 0  # of one that means no harm: so often is it told, and nothing else


IN_BOUNDS = {"200", "201", "202", "101", "404", "open"}  # nothing is refused as yet: it takes longer to reach what it is bounded by

TABLE = {
    # protocols and upgrades
    "other protocols": Attack(by_protocol.other_protocols, {"505", "400"}),
    "refused upgrades": Attack(by_protocol.refused_upgrades, {"403", "401"}),
    "compressed frames": Attack(by_protocol.compressed_frames, {"close 1002"}),
    # connections
    "connections": Attack(by_connection.connections, IN_BOUNDS, 0.6),
    "silent connections": Attack(by_connection.silent_connections, {"cut"}, HEADER_S + 1.5, waits_s=HEADER_S),
    "unfinished headers": Attack(by_connection.unfinished_headers, {"cut"}, HEADER_S + 1.5, waits_s=HEADER_S),
    "large headers": Attack(by_connection.large_headers, {"431"}),
    "websockets": Attack(by_connection.many_sockets, {"close 1013", "429", "open"}, 4),
    # frames
    "ping frames": Attack(by_frame.pings, {"close 4429"}),
    "small parts": Attack(by_frame.small_parts, {"close 4429"}),
    "ordinary frames": Attack(by_frame.ordinary_frames, {"rate_limited", "close 4429", "cut"}),
    "messages by websocket": Attack(by_frame.messages, {"rate_limited", "close 4429", "cut"}),
    "large frames": Attack(by_frame.large_frames, {"close 1009"}),
    "wrong frames": Attack(by_frame.wrong_frames, {"close 1003", "close 1002", "close 1007"}),
    "hostile texts": Attack(by_frame.hostile_texts, {"invalid_frame", "close 4429"}),
    "unread replies": Attack(by_frame.unread_replies, {"close 4408", "cut"}, 4, waits_s=UNREAD_S + 1),
    "resumptions": Attack(by_frame.resumptions, IN_BOUNDS),
    # requests
    "reads": Attack(by_request.reads, {"429", *IN_BOUNDS}),
    "new sessions": Attack(by_request.new_sessions, {"429", *IN_BOUNDS}),
    "new keys": Attack(by_request.new_keys, {"429", *IN_BOUNDS}),
    "messages by HTTP": Attack(by_request.writes, {"429", *IN_BOUNDS}),
    "failed turns of new owners": Attack(by_request.failed_turns, IN_BOUNDS),
    "searches": Attack(by_request.searches, {"429", *IN_BOUNDS}),
    "refused requests": Attack(by_request.refused_requests, {"429", "404", "400", "401", "403", "405", "421"}),
    # bodies and answers
    "wrong bodies": Attack(by_body.wrong_bodies, {"400"}),
    "unfinished bodies": Attack(by_body.unfinished_bodies, {"429", "waits"}),
    "bodies of many owners": Attack(by_body.bodies_of_many_owners, {"429", "waits"}),
    "chunks without end": Attack(by_body.chunks_without_end, {"400", "413", "waits"}),
    "imports": Attack(by_body.imports, {"429", "503"}, 0.8),
    "exports": Attack(by_body.exports, {"200"}),
    "unread exports": Attack(by_body.unread_exports, {"cut"}, 4, waits_s=UNREAD_S + 1),
    "unread documents": Attack(by_body.unread_documents, {"cut", "429", *IN_BOUNDS}, 4, waits_s=UNREAD_S + 1),
    # no attacks
    "2,000 reconnections": Attack(by_crowd.reconnections, {"welcome"}, everything=by_crowd.CLIENTS),
    "64 streamed replies": Attack(by_crowd.streaming_agent, {"whole reply"}, everything=by_crowd.STREAMS),
}


def main() -> None:
    use_one_core()
    name, port, seconds = sys.argv[1:]
    attacker, begun = Attacker(int(port), float(seconds)), time.monotonic()
    with suppress(OSError):
        TABLE[name].run(attacker)
    told = {"told": dict(attacker.told), "first_s": attacker.first_s, "lasted_s": round(time.monotonic() - begun, 1)}
    told["attacker_cpu_s"] = round(time.process_time(), 2)
    print(json.dumps(told), flush=True)
    os._exit(0)  # whatever threads still wait for


if __name__ == "__main__":
    main()
