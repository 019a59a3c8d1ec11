"""Attacks with bodies: costly to read, never finished, too large, and answers that nobody reads."""

import json
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from uuid import uuid4

from tests.attacks.attacker import READ, Attacker, bearer, head, status, with_body

# What an address may import is used up by the largest that are taken: each of these attacks has its own.
IMPORTING, EXPORTING = "127.0.0.4", "127.0.0.5"
MEGABYTE = 1024 * 1024
IMPORT_LIMIT = 4 * MEGABYTE


def wrong_bodies(attacker: Attacker) -> None:
    """Bodies of a megabyte: of errors, of brackets, of one long number, of escapes that are none."""
    ways = cycle(
        (
            b'{"model":"myna","messages":[' + b",".join([b"{}"] * 340_000) + b"]}",
            b"[" * (MEGABYTE - 1),
            b'{"model":' + b"9" * 1_000_000,
            b'{"model":"' + b"\\ud800" * 150_000 + b'"}',
            b'{"a":' * 200_000,
        )
    )

    def go() -> None:
        attacker.only(with_body("POST", "/v1/chat/completions", next(ways), bearer(f"sk-{uuid4()}"), "Connection: close"))

    attacker.repeat(go)


def unfinished_bodies(attacker: Attacker) -> None:
    """A hundred and fifty imports that lack their last byte, of one owner."""
    token = bearer(attacker.session())
    _unfinished(attacker, lambda: head("PUT", f"/api/conversations/{uuid4()}", f"Content-Length: {IMPORT_LIMIT}", token), IMPORT_LIMIT - 1)


def bodies_of_many_owners(attacker: Attacker) -> None:
    """A hundred and fifty unfinished chat completions, each of another owner."""

    def begin() -> bytes:
        return head("POST", "/v1/chat/completions", f"Content-Length: {MEGABYTE}", bearer(f"sk-{uuid4()}"))

    _unfinished(attacker, begin, MEGABYTE - 1)


def chunks_without_end(attacker: Attacker) -> None:
    """Bodies in chunks of a byte, with no length announced and no end."""
    chunks = b"1\r\n[\r\n" * 10_000

    def go() -> None:
        with attacker.connect() as one:
            one.settimeout(attacker.left_s)
            one.sendall(head("POST", "/v1/chat/completions", "Transfer-Encoding: chunked", bearer(f"sk-{uuid4()}")))
            with suppress(OSError):
                while attacker.goes_on:
                    one.sendall(chunks)
            attacker.request(b"", one)

    attacker.repeat(go)


def imports(attacker: Attacker) -> None:
    """The largest conversation that is taken, imported again and again."""
    attacker.address = IMPORTING
    token, body = bearer(attacker.session()), large_conversation()

    def go() -> None:
        attacker.only(with_body("PUT", f"/api/conversations/{uuid4()}", body, token, "Connection: close"))

    attacker.repeat(go, at_once=8)


def exports(attacker: Attacker) -> None:
    """A large conversation, exported again and again."""
    request = _export_of_a_large_conversation(attacker)

    def go() -> None:
        with attacker.connect() as one:
            attacker.request(request, one)
            with suppress(OSError):
                while attacker.goes_on and one.recv(READ):
                    pass

    attacker.repeat(go, at_once=8)


def unread_exports(attacker: Attacker) -> None:
    """Sixty exports of a large conversation, of which nobody reads a byte."""
    request = _export_of_a_large_conversation(attacker)
    attacker.together(60, lambda: attacker.read_late(request))


def unread_documents(attacker: Attacker) -> None:
    """A hundred connections that ask for the largest document ten times and read nothing."""
    requests = head("GET", "/docs") * 9 + head("GET", "/docs", "Connection: close")
    attacker.together(100, lambda: attacker.read_late(requests, 10))


def large_conversation() -> bytes:
    """An exported conversation of nearly as many bytes as an import takes."""
    replies = [("x" * 30_000) for _ in range(120)]
    items: list[dict[str, object]] = []
    for text in replies:
        message_id = str(uuid4())
        items.append({"id": message_id, "role": "user", "text": "hi"})
        items.append(
            {"id": str(uuid4()), "role": "assistant", "message_id": message_id, "text": text, "status": "complete", "finish_reason": "stop",
             "attempt": 1, "parts": 1, "timings": {"queued_ms": 1, "first_part_ms": 1, "total_ms": 1}}
        )  # fmt: skip
    return json.dumps({"schema": "myna.conversation/1", "conversation": {"id": str(uuid4()), "title": "large"}, "messages": items}).encode()


def _export_of_a_large_conversation(attacker: Attacker) -> bytes:
    attacker.address = EXPORTING
    token, path = bearer(attacker.session()), f"/api/conversations/{uuid4()}"
    with attacker.connect() as one:
        answer = attacker.request(with_body("PUT", path, large_conversation(), token), one)
        assert status(answer) == "201", "nothing to export"
    attacker.begin()
    return head("GET", f"{path}/export", token, "Connection: close")


def _unfinished(attacker: Attacker, begin: Callable[[], bytes], size: int) -> None:
    def go() -> None:
        with attacker.connect() as one:
            one.settimeout(attacker.left_s)
            attacker.request(begin() + b" " * size, one)

    attacker.together(150, go)
