"""Going on after a lost connection: cursors, epochs, and what a new connection is given."""

from uuid import uuid4

from myna.client.errors import Refused
from myna.conform.rules import Section
from myna.conform.server import Server, expect

rule = Section("resume")


@rule
async def a_cursor_gives_exactly_what_was_missed(server: Server) -> None:
    """Reconnecting with any cursor gives `resumed: true` and exactly the events after it, in order, none twice."""
    async with server.connect() as probe:
        await probe.answered("hello")
        events = probe.events()
    for place in sorted({0, 1, len(events) // 2, len(events) - 1}):
        async with server.connect(probe.token, probe.welcome["epoch"], events[place]["cursor"]) as again:
            expect(again.welcome["resumed"] is True, f"the cursor of event {place + 1} of {len(events)} was not resumed")
            await again.pong()
            got = again.events()
            expect(got == events[place + 1 :], f"after event {place + 1} of {len(events)} came {[one['type'] for one in got]}")


@rule
async def a_reply_goes_on_over_a_lost_connection(server: Server) -> None:
    """A connection lost right after `accepted` misses nothing of the reply."""
    async with server.connect() as probe:
        sent = await probe.say("Write a table of five lines, please")
        await probe.accepted(sent["id"])
        seen = list(probe.events())
    after = seen[-1]["cursor"] if seen else probe.welcome["cursor"]
    async with server.connect(probe.token, probe.welcome["epoch"], after) as again:
        expect(again.welcome["resumed"] is True, "it was not resumed")
        end = await again.end(sent["id"])
        events = [*seen, *again.events()]
        deltas = [frame for frame in events if frame["type"] == "reply.delta"]
        expect([frame["index"] for frame in deltas] == list(range(len(deltas))), "parts were lost or came twice")
        expect("".join(frame["text"] for frame in deltas) == end["text"], "the deltas of both are another text than the reply's")
        expect(sum(frame["type"] == "message.created" for frame in events) == 1, "message.created was lost or came twice")


@rule
async def what_is_no_cursor_is_not_resumed(server: Server) -> None:
    """A cursor that is garbage, of another epoch or beyond the end is `resumed: false`, or a 4xx before the upgrade."""
    async with server.connect() as probe:
        await probe.answered("hello")
        cursor, epoch = probe.events()[-1]["cursor"], probe.welcome["epoch"]
    tries = {"garbage": (epoch, "garbage"), "another epoch": (str(uuid4()), cursor), "far beyond the end": (epoch, "999999999999")}
    for what, (of, after) in tries.items():
        try:
            async with server.connect(probe.token, of, after) as again:
                expect(again.welcome["resumed"] is False, f"{what} was resumed")
                await again.pong()
                expect(not again.events(), f"{what} was given {len(again.events())} events")
        except Refused as refused:
            expect(400 <= (refused.status or 0) < 500, f"{what} was answered with {refused.status}")


@rule
async def another_owners_cursor_gives_nothing(server: Server) -> None:
    """Another owner's cursor gives none of that owner's events."""
    async with server.connect() as probe:
        await probe.answered("hello")
        cursor, epoch = probe.events()[0]["cursor"], probe.welcome["epoch"]
    async with server.connect() as stranger:
        pass
    async with server.connect(stranger.token, epoch, cursor) as again:
        await again.pong()
        expect(not again.events(), f"a stranger with the cursor was given {len(again.events())} events")


@rule
async def a_read_includes_what_the_welcome_promises(server: Server) -> None:
    """A read with `at_least` of a welcome's cursor includes everything before it: welcome, read, live leaves no gap."""
    async with server.connect() as probe:
        sent, end = await probe.answered("hello")
    async with server.connect(probe.token) as again:
        path = f"/api/conversations/{probe.conversation}/messages?at_least={again.welcome['cursor']}"
        page = await server.json("GET", path, probe.token)
        found = [(item["id"], item["status"]) for item in page["items"]]
        expect(found == [(sent["id"], "complete"), (end["reply_id"], "complete")], f"the read gave {found}")
        expect(page.get("cursor"), "the answer carries no cursor")
