"""Frames, cursors and imports made up by Hypothesis: each ends in what the documents say, and the one behind it is served."""

import copy
import json
from typing import Any
from uuid import uuid4

import httpx
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from myna.protocol import errors
from tests.fuzz.conftest import BATCH, in_thread, new_token
from tests.services.stack import Node

CODES = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ChatError)} - {
    "error",
    "internal",
}
ID = str(uuid4())
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["", ID, "user", "/echo hi", "x" * 9_000])
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6
)
FRAMES: list[dict[str, Any]] = [
    {"type": "ping", "nonce": "n"},
    {"type": "message.send", "id": ID, "conversation_id": ID, "text": "/echo hi", "options": {"profile": "instant", "seed": 1}},
    {"type": "message.send", "id": ID, "conversation_id": ID, "text": "/echo hi", "parent_id": None},
    {"type": "reply.stop", "conversation_id": ID, "message_id": ID},
    {"type": "reply.regenerate", "id": ID, "conversation_id": ID, "message_id": ID},
]


@st.composite
def changed(draw: st.DrawFn, originals: list[dict[str, Any]]) -> dict[str, Any]:
    """One of these with some of its values, at any depth, replaced, left out or added."""
    found = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 4))):
        place: Any = found
        while draw(st.booleans()) and (inner := [one for one in _values_of(place) if isinstance(one, (dict, list)) and one]):
            place = draw(st.sampled_from(inner))
        if isinstance(place, list):
            place[draw(st.integers(0, len(place) - 1))] = draw(values)
        elif draw(st.integers(0, 3)) == 0 and place:
            place.pop(draw(st.sampled_from(sorted(place))))
        else:
            place[draw(st.sampled_from([*sorted(place), "mood"]))] = draw(values)
    return dict(found)


def _values_of(place: Any) -> list[Any]:
    return list(place.values()) if isinstance(place, dict) else list(place)


texts = (
    changed(FRAMES).map(json.dumps)
    | st.text(max_size=200)
    | st.builds(lambda one, at: one[:at], changed(FRAMES).map(json.dumps), st.integers(0, 200))
)


async def test_each_text_frame_is_answered_or_refused_with_a_documented_code(node: Node) -> None:
    @BATCH
    @given(st.lists(texts, min_size=1, max_size=8))
    def batch(sent: list[str]) -> None:
        with connect(node.url.replace("http", "ws") + "/ws", proxy=None, compression=None) as socket:
            assert json.loads(socket.recv(30))["type"] == "welcome"
            for text in sent:
                socket.send(text.encode("utf-8", "replace"), text=True)
            socket.send('{"type":"ping","nonce":"the last one"}')
            while (frame := json.loads(socket.recv(30))) != {"type": "pong", "nonce": "the last one"}:
                assert frame["type"] != "error" or frame["code"] in CODES, (sent, frame)

    await in_thread(batch)


cursors = (
    st.text(max_size=40)
    | st.builds("{}.{}.{}".format, st.integers(), st.integers(), st.text("0123456789abcdef", max_size=10))
    | values.map(str)
)


def upgraded(node: Node, query: str, token: str) -> int:
    """The status of an upgrade with this query."""
    url = node.url.replace("http", "ws") + f"/ws?{query}"
    try:
        with connect(url, proxy=None, compression=None, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            assert json.loads(socket.recv(30))["type"] == "welcome"
    except InvalidStatus as refusal:
        return refusal.response.status_code
    return 101


async def test_each_cursor_leads_to_a_page_or_is_refused(node: Node) -> None:
    token = await new_token(node)
    with httpx.Client(base_url=node.url, trust_env=False, timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:

        @BATCH
        @given(cursors, cursors)
        def batch(cursor: str, epoch: str) -> None:
            for path in ("/api/conversations", f"/api/conversations/{ID}/messages", "/api/search?q=hi"):
                for name in ("before", "at_least"):
                    answer = client.get(path, params={"q": "hi", name: cursor} if "search" in path else {name: cursor})
                    assert answer.status_code in (200, 400, 404), (path, name, cursor, answer.text)
            query = str(httpx.QueryParams({"after": cursor, "epoch": epoch}))
            assert upgraded(node, query, token) in (101, 400), (cursor, epoch)

        await in_thread(batch)


FILE: dict[str, Any] = {
    "schema": "myna.conversation/1",
    "exported_at": "2026-01-01T00:00:00.000Z",
    "conversation": {"id": ID, "title": "a title", "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z"},
    "messages": [
        {"id": ID, "role": "user", "text": "hi", "status": "complete", "created_at": "2026-01-01T00:00:00.000Z"},
        {
            "id": str(uuid4()), "role": "assistant", "message_id": ID, "text": "hello", "status": "complete", "finish_reason": "stop",
            "attempt": 1, "parts": 1, "timings": {"queued_ms": 1, "first_part_ms": 1, "total_ms": 1},
        },
    ],
}  # fmt: skip


async def test_each_import_is_refused_or_comes_back_as_it_was(node: Node) -> None:
    token = await new_token(node)
    with httpx.Client(base_url=node.url, trust_env=False, timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:

        @BATCH
        @given(changed([FILE]))
        def batch(document: dict[str, Any]) -> None:
            body, path = json.dumps(document), f"/api/conversations/{uuid4()}"
            answer = client.put(path, content=body)
            assert answer.status_code in (201, 400, 409), (body, answer.text)
            if answer.status_code == 201:
                here = client.get(f"{path}/messages", params={"limit": 200, "at_least": answer.json()["cursor"]}).json()["items"]
                sent = [one["text"] for one in document["messages"] if one["role"] == "user"]
                assert sorted(one["text"] for one in here if one["role"] == "user") == sorted(sent), (body, here)
                assert client.put(path, content=body).status_code == 201, body

        await in_thread(batch)
