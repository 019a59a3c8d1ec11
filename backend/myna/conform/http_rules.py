"""The HTTP side: sessions, history, changes, errors."""

import asyncio
import time
from uuid import uuid4

from myna.client.http import Answer
from myna.conform.rules import Section
from myna.conform.server import WITHIN_S, Server, expect

rule = Section("HTTP")


def is_problem(answer: Answer, status: int, what: str) -> None:
    """Raise `Broken` unless this is an error of RFC 9457 with this status."""
    expect(answer.status == status, f"{what} was answered with {answer.status} instead of {status}")
    kind = answer.headers.get("content-type", "")
    expect(kind.startswith("application/problem+json"), f"{what} was answered with {kind!r} instead of application/problem+json")
    expect(isinstance(answer.json.get("code"), str), f"the problem for {what} has no code")


@rule
async def a_session_is_made_and_found_again(server: Server) -> None:
    """`POST /api/session` makes an owner (201) with a strict, HttpOnly cookie; with its token it is the same owner (200)."""
    answer = await server.http("POST", "/api/session")
    expect(answer.status == 201, f"it answered {answer.status}")
    cookie = answer.headers.get("set-cookie", "").lower()
    expect("chat_session=" in cookie and "httponly" in cookie and "samesite=strict" in cookie, f"the cookie was {cookie.split(';')[1:]}")
    again = await server.http("POST", "/api/session", answer.json["token"])
    expect((again.status, again.json["owner"]) == (200, answer.json["owner"]), f"with the token it answered {again.status}")


@rule
async def without_a_credential_there_is_401(server: Server) -> None:
    """A request without a credential, or with a bad one, is a problem with 401."""
    is_problem(await server.http("GET", "/api/conversations"), 401, "a request without a credential")
    is_problem(await server.http("GET", "/api/conversations", "nobody's token"), 401, "a request with a bad one")


@rule
async def a_message_can_be_posted(server: Server) -> None:
    """`POST /api/messages` answers 202 after the confirm, is idempotent by `id`, and the socket sees the message."""
    async with server.connect() as probe:
        body = {"id": str(uuid4()), "conversation_id": probe.conversation, "text": "hello"}
        first = await server.json("POST", "/api/messages", probe.token, body, 202)
        expect((first["id"], first["duplicate"]) == (body["id"], False), f"it answered {first}")
        again = await server.json("POST", "/api/messages", probe.token, body, 202)
        expect(again["duplicate"] is True, "a repetition was not called a duplicate")
        await probe.end(body["id"])
        is_problem(await server.http("POST", "/api/messages", probe.token, body | {"text": "else"}), 409, "another text under the same id")
        is_problem(await server.http("POST", "/api/messages", probe.token, {"text": ""}), 400, "an empty text")


@rule
async def lists_come_in_pages(server: Server) -> None:
    """Conversations come newest first and messages oldest first, in pages that `next` joins without gap or repetition."""
    async with server.connect() as probe:
        conversations = [str(uuid4()) for _ in range(3)]
        for conversation in conversations:
            await probe.answered("hello", conversation_id=conversation)
        await probe.answered("hello again", conversation_id=conversations[2])
        cursor = probe.events()[-1]["cursor"]
        found, path = [], f"/api/conversations?limit=1&at_least={cursor}"
        while True:
            page = await server.json("GET", path, probe.token)
            found += [item["id"] for item in page["items"]]
            if page["next"] is None or len(found) > len(conversations):
                break
            path = f"/api/conversations?limit=1&before={page['next']}"
        expect(found == conversations[::-1], f"the pages held {len(found)} conversations, or in another order than newest first")
        path = f"/api/conversations/{conversations[2]}/messages?limit=3&at_least={cursor}"
        newest = await server.json("GET", path, probe.token)
        expect(newest["next"] is not None, "four items in pages of three had no second page")
        earlier = await server.json("GET", f"/api/conversations/{conversations[2]}/messages?limit=3&before={newest['next']}", probe.token)
        roles = [item["role"] for item in (*earlier["items"], *newest["items"])]
        expect(roles == ["user", "assistant"] * 2, f"the pages held {roles}")


@rule
async def a_rename_and_a_deletion_reach_every_socket(server: Server) -> None:
    """A rename is told as `conversation.updated`, a deletion as `conversation.deleted`, and what was deleted is 404."""
    async with server.connect() as probe:
        await probe.answered("hello")
        path = f"/api/conversations/{probe.conversation}"
        renamed = await server.http("PATCH", path, probe.token, {"title": "A new name"})
        expect(renamed.status in (200, 204), f"the rename answered {renamed.status}")
        updated = await probe.until("conversation.updated", lambda frame: frame["type"] == "conversation.updated")
        expect(updated["title"] == "A new name", f"the title was {updated['title']!r}")
        deleted = await server.http("DELETE", path, probe.token)
        expect(deleted.status in (200, 204), f"the deletion answered {deleted.status}")
        gone = await probe.until("conversation.deleted", lambda frame: frame["type"] == "conversation.deleted")
        is_problem(await server.http("GET", f"{path}/messages?at_least={gone['cursor']}", probe.token), 404, "a deleted conversation")


@rule
async def nobody_reads_what_is_anothers(server: Server) -> None:
    """Another owner's conversation is not found: not to read, rename, delete or export."""
    async with server.connect() as probe, server.connect() as stranger:
        await probe.answered("a secret")
        path = f"/api/conversations/{probe.conversation}"
        is_problem(await server.http("PATCH", path, stranger.token, {"title": "mine"}), 404, "a stranger's rename")
        for method, address in (("GET", f"{path}/messages"), ("GET", f"{path}/export"), ("DELETE", path)):
            is_problem(await server.http(method, address, stranger.token), 404, f"a stranger's {method} of {address}")
        listed = await server.json("GET", "/api/conversations", stranger.token)
        expect(listed["items"] == [], "a stranger's list holds conversations")


@rule
async def what_was_said_is_found(server: Server) -> None:
    """`GET /api/search` finds a word that was said, with the conversation and the message that it stands in."""
    async with server.connect() as probe:
        word = f"heliotrope{uuid4().hex[:8]}"
        sent, _ = await probe.answered(f"What is a {word}?")
        hits = (await server.json("GET", f"/api/search?q={word}", probe.token))["items"]
        end = time.monotonic() + WITHIN_S
        while not hits and time.monotonic() < end:  # it may be stored a moment later
            await asyncio.sleep(0.2)
            hits = (await server.json("GET", f"/api/search?q={word}", probe.token))["items"]
        expect(sent["id"] in {hit["message_id"] for hit in hits}, f"the hits were {hits}")


@rule
async def an_export_comes_back(server: Server) -> None:
    """An exported conversation can be imported under another id, with the same messages and replies."""
    async with server.connect() as probe:
        await probe.answered("hello")
        await probe.answered("and again")
        before = [(item["role"], item["text"]) for item in await server.items(probe)]
        document = await server.json("GET", f"/api/conversations/{probe.conversation}/export?format=json", probe.token)
        copy = str(uuid4())
        imported = await server.http("PUT", f"/api/conversations/{copy}/import", probe.token, document)
        expect(imported.status in (200, 201), f"the import answered {imported.status}: {imported.body[:200]!r}")
        path = f"/api/conversations/{copy}/messages?at_least={imported.json['cursor']}"
        after = [(item["role"], item["text"]) for item in (await server.json("GET", path, probe.token))["items"]]
        expect(after == before, f"what came back were {len(after)} items instead of {len(before)}, or others")


@rule
async def its_health_can_be_asked(server: Server) -> None:
    """`/livez` and `/readyz` answer 200, and an address that is nobody's a problem with 404."""
    for path in ("/livez", "/readyz"):
        expect((await server.http("GET", path)).status == 200, f"{path} did not answer 200")
    is_problem(await server.http("GET", "/api/no-such-thing"), 404, "an unknown address")


@rule
async def the_protocol_is_described(server: Server) -> None:
    """`/openapi.json` and `/asyncapi.json` describe the routes and the frames that the contract names."""
    paths = (await server.json("GET", "/openapi.json"))["paths"]
    missing = {"/api/session", "/api/messages", "/api/conversations"} - paths.keys()
    expect(not missing, f"/openapi.json lacks {', '.join(sorted(missing))}")
    expect("asyncapi" in await server.json("GET", "/asyncapi.json"), "/asyncapi.json is no AsyncAPI document")
