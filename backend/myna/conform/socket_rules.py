"""The socket: frames, acceptance, idempotency, order, errors, limits."""

import re
from uuid import UUID, uuid4

from myna.client.errors import Refused
from myna.conform.rules import Section
from myna.conform.server import Server, expect

rule = Section("socket")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@rule
async def welcome_comes_first(server: Server) -> None:
    """The first frame is `welcome` with owner, epoch, cursor, heartbeat and limits, and a token for a fresh owner."""
    async with server.connect() as probe:
        welcome = probe.welcome
        expect(welcome.get("type") == "welcome", f"the first frame was {welcome.get('type')!r}")
        missing = {"owner", "token", "epoch", "cursor", "resumed", "heartbeat_s", "limits"} - welcome.keys()
        expect(not missing, f"welcome lacks {', '.join(sorted(missing))}")
        UUID(welcome["owner"])
        expect(welcome["resumed"] is False, "a fresh owner was told that the connection resumes")
        expect({"frame_bytes", "text_chars", "waiting_messages"} <= welcome["limits"].keys(), f"limits were {welcome['limits']}")
    async with server.connect(probe.token) as again:
        expect(again.owner == probe.owner, "the token of a welcome was another owner's")
        expect("token" not in again.welcome, "a known owner was given a token again")


@rule
async def a_message_is_accepted_created_and_answered(server: Server) -> None:
    """A message is accepted, its `message.created` follows, and exactly one end of a reply."""
    async with server.connect() as probe:
        sent, _ = await probe.answered("hello")
        await probe.quiet()
        created = [frame for frame in probe.events() if frame["type"] == "message.created"]
        expect(len(created) == 1, f"message.created came {len(created)} times")
        expect((created[0]["id"], created[0]["text"], created[0]["parent_id"]) == (sent["id"], "hello", None), f"it was {created[0]}")
        ends = [frame["type"] for frame in probe.events() if frame["type"] in ("reply.completed", "reply.failed")]
        expect(len(ends) == 1, f"the reply ended {len(ends)} times: {ends}")
        bad = [frame for frame in probe.events() if not TIMESTAMP.fullmatch(frame.get("at", "")) or not frame.get("cursor")]
        expect(not bad, f"an event has no cursor, or no time in UTC with milliseconds: {bad[:1]}")


@rule
async def the_deltas_are_the_text(server: Server) -> None:
    """The deltas of a reply, joined by an index that counts from 0 without a gap, are its text."""
    async with server.connect() as probe:
        sent, end = await probe.answered("Write a table of five lines, please")
        deltas = [frame for frame in probe.events() if frame["type"] == "reply.delta" and frame["message_id"] == sent["id"]]
        for due, delta in enumerate(deltas):
            expect(delta["index"] == due, f"index {delta['index']} came where {due} was due")
        expect("".join(frame["text"] for frame in deltas) == end["text"], "the deltas, joined, were another text than the reply's")
        expect(end["parts"] == len(deltas), f"{len(deltas)} deltas came and the reply says {end['parts']} parts")
        expect({"queued_ms", "total_ms"} <= end["timings"].keys(), f"timings were {end['timings']}")
        started = [frame for frame in probe.events() if frame["type"] == "reply.started"]
        expect(len(started) == 1 and started[0]["attempt"] >= 1, f"reply.started came {len(started)} times")


@rule
async def the_id_is_an_idempotency_key(server: Server) -> None:
    """A message sent again under the same id is accepted as a duplicate and makes no second message."""
    async with server.connect() as probe:
        sent, _ = await probe.answered("hello")
        since = len(probe.frames)
        await probe.send(sent)
        again = await probe.until("message.accepted", lambda frame: frame["type"] == "message.accepted", since)
        expect(again["duplicate"] is True, "the second message.accepted did not say duplicate")
        await probe.quiet()
        more = [frame["type"] for frame in probe.frames[since:] if frame["type"] != "message.accepted"]
        expect(not more, f"the repetition made {more}")
        items = await server.items(probe)
        expect(len(items) == 2, f"the history has {len(items)} items for one message and its reply")


@rule
async def another_text_under_the_same_id_is_a_conflict(server: Server) -> None:
    """The same id with another text is refused as `conflict`, and `ref` names it."""
    async with server.connect() as probe:
        sent, _ = await probe.answered("hello")
        since = len(probe.frames)
        await probe.send(sent | {"text": "something else"})
        error = await probe.error(since, "the same id with another text")
        expect((error["code"], error.get("ref")) == ("conflict", sent["id"]), f"it was refused with {error}")


@rule
async def messages_of_a_conversation_are_answered_in_order(server: Server) -> None:
    """What one socket sends to one conversation is answered in the order sent, one message at a time."""
    async with server.connect() as probe:
        sent = [(await probe.say(f"number {number}"))["id"] for number in range(4)]
        for message_id in sent:
            await probe.end(message_id)
        turns = [frame for frame in probe.events() if frame["type"] in ("reply.started", "reply.completed", "reply.failed")]
        order = [(frame["message_id"], frame["type"] == "reply.started") for frame in turns]
        expect(order == [(one, began) for one in sent for began in (True, False)], "replies came in another order, or side by side")


@rule
async def all_sockets_of_an_owner_see_the_same(server: Server) -> None:
    """Several sockets of one owner receive the same events in the same order; another owner's socket none of them."""
    async with server.connect() as one, server.connect(one.token) as two, server.connect() as stranger:
        sent, _ = await one.answered("hello")
        await two.end(sent["id"])
        await stranger.pong()
        expect(one.events() == two.events(), "two sockets of the same owner received different events")
        expect(not stranger.events(), f"a stranger received {stranger.events()[:1]}")


@rule
async def a_wrong_frame_is_refused_and_the_socket_stays(server: Server) -> None:
    """What is not a frame of the contract is refused as `invalid_frame`, and the socket stays open."""
    good = {"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "hello"}
    wrong = {"no JSON": "{", "a list": [], "an unknown type": good | {"type": "message.shout"}, "an unknown field": good | {"loud": True},
             "an id that is no UUID": good | {"id": "7"}, "a missing field": {"type": "message.send", "text": "hello"}}  # fmt: skip
    async with server.connect() as probe:
        for what, frame in wrong.items():
            since = len(probe.frames)
            await (probe.send_bytes(frame) if isinstance(frame, str) else probe.send(frame))  # type: ignore[arg-type]
            error = await probe.error(since, what)
            expect(error["code"] == "invalid_frame", f"{what} was refused as {error['code']!r}")
        await probe.pong()


@rule
async def a_wrong_text_is_refused(server: Server) -> None:
    """An empty text, one with NUL, and one longer than `limits.text_chars` are refused as `invalid_text`; the longest is taken."""
    async with server.connect() as probe:
        longest = probe.welcome["limits"]["text_chars"]
        for what, text in {"an empty text": "", "a blank text": "  ", "a NUL": "a\0b", "a text too long": "x" * (longest + 1)}.items():
            since = len(probe.frames)
            sent = await probe.say(text)
            error = await probe.error(since, what)
            expect((error["code"], error.get("ref")) == ("invalid_text", sent["id"]), f"{what} was refused with {error}")
        await probe.accepted((await probe.say("x" * longest))["id"])


@rule
async def a_frame_too_large_closes_with_1009(server: Server) -> None:
    """A frame beyond `limits.frame_bytes` closes the socket with 1009, a binary one with 1003."""
    async with server.connect() as probe:
        await probe.send_bytes(" " * (probe.welcome["limits"]["frame_bytes"] + 1))
        code = await probe.close_code()
        expect(code == 1009, f"a frame too large was answered by a close with {code}")
    async with server.connect() as probe:
        await probe.send_bytes(b"{}")
        code = await probe.close_code()
        expect(code == 1003, f"a binary frame was answered by a close with {code}")


@rule
async def more_than_may_wait_is_busy_or_taken(server: Server) -> None:
    """More messages than `limits.waiting_messages` in one conversation are answered, or refused as `busy`, never left without a word."""
    async with server.connect() as probe:
        sent = [(await probe.say(f"number {number}"))["id"] for number in range(2 * probe.welcome["limits"]["waiting_messages"])]
        for message_id in sent:
            first = await probe.until(
                "an acceptance or a refusal",
                lambda frame, id_=message_id: (frame["type"] == "message.accepted" and frame["id"] == id_) or frame.get("ref") == id_,  # type: ignore[misc]
            )
            expect(first["type"] == "message.accepted" or first["code"] in ("busy", "rate_limited"), f"one was refused with {first}")


@rule
async def a_stop_ends_the_reply_once(server: Server) -> None:
    """A stopped message ends once, as `stopped` or as what it had become by then; a stop of an unknown one is `not_found`."""
    async with server.connect() as probe:
        sent = await probe.say("Tell me a long story")
        await probe.accepted(sent["id"])
        await probe.send({"type": "reply.stop", "conversation_id": probe.conversation, "message_id": sent["id"]})
        end = await probe.end(sent["id"])
        expect(end.get("finish_reason") in ("stopped", "stop", "length") or end["type"] == "reply.failed", f"it ended with {end}")
        await probe.pong()
        since = len(probe.frames)
        await probe.send({"type": "reply.stop", "conversation_id": probe.conversation, "message_id": str(uuid4())})
        error = await probe.error(since, "a stop of an unknown message")
        expect(error["code"] == "not_found", f"a stop of an unknown message was refused as {error['code']!r}")


@rule
async def a_regenerate_makes_one_more_reply(server: Server) -> None:
    """`reply.regenerate` has an acceptance and a reply of its own, and the history keeps both replies, oldest first."""
    async with server.connect() as probe:
        sent, first = await probe.answered("hello")
        since = len(probe.frames)
        frame = {"type": "reply.regenerate", "id": str(uuid4()), "conversation_id": probe.conversation, "message_id": sent["id"]}
        await probe.send(frame)
        await probe.accepted(frame["id"])
        second = await probe.end(sent["id"], since)
        expect(second["reply_id"] != first["reply_id"], "the second reply has the id of the first")
        ids = [item["id"] for item in await server.items(probe)]
        expect(ids == [sent["id"], first["reply_id"], second["reply_id"]], f"the history is {ids}")


@rule
async def messages_form_a_tree(server: Server) -> None:
    """`parent_id` says what a message follows: null begins a new branch, left out it follows the newest reply, unknown is `not_found`."""
    async with server.connect() as probe:
        _, first = await probe.answered("one")
        second, _ = await probe.answered("two")
        edited, _ = await probe.answered("two, edited", parent_id=first["reply_id"])
        root, _ = await probe.answered("one, edited", parent_id=None)
        parents = {item["id"]: item["parent_id"] for item in await server.items(probe) if item["role"] == "user"}
        expect(parents.get(second["id"]) == first["reply_id"], "a message without parent_id does not follow the newest reply")
        expect(parents.get(edited["id"]) == first["reply_id"], "a message does not have the parent that it named")
        expect(parents.get(root["id"], "") is None, "a message with parent_id null is not at the root")
        since = len(probe.frames)
        await probe.say("hello", parent_id=str(uuid4()))
        error = await probe.error(since, "an unknown parent")
        expect(error["code"] == "not_found", f"an unknown parent was refused as {error['code']!r}")


@rule
async def a_bad_credential_is_refused_before_the_upgrade(server: Server) -> None:
    """An upgrade with a bad credential is answered by 401."""
    try:
        async with server.connect("nobody's token"):
            expect(False, "a connection with a bad token was taken")
    except Refused as refused:
        expect(refused.status == 401, f"it was refused with {refused.status}")
