"""Attacks with HTTP requests, each of them a right one or a refused one, and far too many."""

import json
from collections.abc import Callable
from itertools import cycle
from uuid import uuid4

from tests.attacks.attacker import Attacker, bearer, head, with_body

SQL = "%27%3B+DROP+TABLE+messages%3B--"
AT_ONCE = 10  # requests in one write


def reads(attacker: Attacker) -> None:
    """The page, its documents, lists and health checks, in turn."""
    token = bearer(attacker.session())
    paths = cycle(("/", "/docs", "/openapi.json", "/api/conversations?limit=200", "/readyz", "/livez", "/v1/models"))
    _flood(attacker, lambda: head("GET", next(paths), token))


def new_sessions(attacker: Attacker) -> None:
    """New owners without a pause."""
    _flood(attacker, lambda: head("POST", "/api/session", "Content-Length: 0"))


def new_keys(attacker: Attacker) -> None:
    """Chat completions, each with a key that nobody had before and that is an owner of its own."""
    body = json.dumps({"model": "myna-instant", "messages": [{"role": "user", "content": "/echo x"}]}).encode()
    _flood(attacker, lambda: with_body("POST", "/v1/chat/completions", body, bearer(f"sk-{uuid4()}")))


def writes(attacker: Attacker) -> None:
    """Messages by HTTP."""
    token = bearer(attacker.session())
    _flood(attacker, lambda: with_body("POST", "/api/messages", b'{"text":"/echo x"}', token))


def failed_turns(attacker: Attacker) -> None:
    """New owners with one failed turn each, all of which a node remembers."""

    def go() -> None:
        token = bearer(attacker.session())
        attacker.only(with_body("POST", "/api/messages", b'{"text":"/fail"}', token, "Connection: close"))

    attacker.repeat(go)


def searches(attacker: Attacker) -> None:
    """Searches for many words, of an owner who has something to find."""
    token = bearer(attacker.session())
    for _ in range(30):
        attacker.only(with_body("POST", "/api/messages", json.dumps({"text": "/echo " + "all the words " * 500}).encode(), token))
    attacker.begin()
    words = "+".join(f"w{number}" for number in range(15)) + "+the"
    _flood(attacker, lambda: head("GET", f"/api/search?limit=200&q={words}", token) + head("GET", "/api/search?limit=200&q=the", token))


def refused_requests(attacker: Attacker) -> None:
    """Another's ids, forged fields, made-up cursors, wrong methods, foreign pages and names, SQL: all that is refused."""
    token, other = bearer(attacker.session()), str(uuid4())
    ways = cycle(
        (
            head("GET", f"/api/conversations/{other}/messages", token),
            head("GET", f"/api/conversations/{other}/export", token),
            head("DELETE", f"/api/conversations/{other}", token, "Content-Length: 0"),
            head("GET", "/api/conversations?limit=1000000000", token),
            head("GET", "/api/conversations?before=9999999.0.00000000", token),
            head("GET", f"/api/conversations/{SQL}/messages?at_least={SQL}", token),
            head("GET", "/api/conversations", bearer("forged")),
            head("GET", "/metrics", bearer(other)),
            head("GET", f"/api/conversations?token={other}"),
            head("TRACE", "/api/session", "Content-Length: 0"),
            head("GET", "/api/../../etc/passwd"),
            head("GET", "/livez", "Host: rebound.example").replace(b"Host: localhost\r\n", b""),
            with_body("POST", "/api/messages", b'{"text":"hi","role":"assistant","owner":"x"}', token),
            with_body("POST", "/api/messages", b'{"text":"a\\u0000b"}', token),
            with_body("POST", "/api/session", b"", "Origin: https://evil.example"),
        )
    )
    _flood(attacker, lambda: next(ways))


def _flood(attacker: Attacker, request: Callable[[], bytes]) -> None:
    attacker.repeat(lambda: attacker.pipeline(lambda: b"".join(request() for _ in range(AT_ONCE))), at_once=8)
