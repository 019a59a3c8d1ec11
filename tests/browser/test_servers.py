"""One suite for the server that the page talks to: the real one, and the one in front/fake that some of its tests use instead."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pydantic import BaseModel

from myna.client.events import Frame
from myna.web.api.conversation_export import Export
from myna.web.api.conversation_import import Imported
from myna.web.api.conversation_messages import MessagesPage
from myna.web.api.conversations import ConversationsPage, Renamed
from myna.web.api.pipeline import Pipeline
from myna.web.api.queue_position import QueuePositions
from myna.web.api.search import HitsPage
from myna.web.api.session import SessionAnswer
from myna.web.problems import Problem
from tests.browser.conftest import FakeBackend, fake_serving
from tests.services.chat_client import ChatClient
from tests.services.stack import Node

WITHIN_S = 30


class Owner(ChatClient):
    """A client of one server, with its HTTP routes answered as the models of the real one."""

    url: str

    async def get(self, path: str, model: type[BaseModel]) -> Frame:
        answer = await self.http(self.url, "GET", path)
        assert answer.status_code == 200, answer.text
        model.model_validate_json(answer.text)
        return dict(answer.json())

    async def items(self, conversation_id: str, query: str = "") -> list[Frame]:
        page = await self.get(f"/api/conversations/{conversation_id}/messages?at_least={self.place.cursor}{query}", MessagesPage)
        return list(page["items"])

    async def said(self, text: str, conversation_id: str | None = None, **more: object) -> tuple[Frame, Frame]:
        """Send a message and wait for the end of its reply: what was sent, and the end."""
        message_id, chat = str(uuid4()), conversation_id or str(uuid4())
        frame = {"type": "message.send", "id": message_id, "conversation_id": chat, "text": text, **more}
        await self.put(frame)
        return frame, await self.end_of(message_id, WITHIN_S)

    async def refusal(self, frame: Frame) -> str:
        """The code of the error that answers this frame."""
        before = len(self.frames)
        await self.put(frame)
        return str((await self.until(lambda received: received["type"] == "error", WITHIN_S, since=before))["code"])


@pytest.fixture(scope="session")
async def fresh_fake(built_page: object) -> AsyncIterator[FakeBackend]:
    """The fake backend without its samples, with a new owner for each client."""
    async with fake_serving(FAKE_OWNER="", FAKE_SAMPLES="0") as fake:
        yield fake


@pytest.fixture(params=["real", "fake"])
async def owner(request: pytest.FixtureRequest, live_server: Node, fresh_fake: FakeBackend) -> AsyncIterator[Owner]:
    """A new owner, connected to one of the servers."""
    owner = Owner()
    owner.url = {"real": live_server.url, "fake": fresh_fake.url}[request.param]
    await owner.open(owner.url)
    yield owner
    await owner.close()


async def test_a_message_is_created_accepted_and_answered_part_by_part(owner: Owner) -> None:
    sent, end = await owner.said("/echo one two three")
    kinds = [frame["type"] for frame in owner.frames if frame["type"] != "message.accepted"]
    assert kinds[:2] == ["message.created", "reply.started"]
    assert set(kinds[2:-1]) == {"reply.delta"}
    assert (end["type"], end["finish_reason"]) == ("reply.completed", "stop")
    assert owner.text_of(sent["id"]) == end["text"]
    assert "one two three" in end["text"]
    assert {"queued_ms", "total_ms"} <= end["timings"].keys()
    accepted = await owner.until(lambda frame: frame["type"] == "message.accepted", WITHIN_S)
    assert (accepted["id"], accepted["duplicate"]) == (sent["id"], False)
    [said, reply] = await owner.items(sent["conversation_id"])
    assert (said["role"], said["text"], said["status"]) == ("user", sent["text"], "complete")
    assert (reply["role"], reply["message_id"], reply["status"], reply["text"]) == ("assistant", sent["id"], "complete", end["text"])


async def test_the_same_message_again_is_a_duplicate_and_another_under_its_id_a_conflict(owner: Owner) -> None:
    sent, _ = await owner.said("/echo once")
    before = len(owner.frames)
    await owner.put(sent)
    again = await owner.until(lambda frame: frame["type"] == "message.accepted", WITHIN_S, since=before)
    assert again["duplicate"]
    assert await owner.refusal({**sent, "text": "/echo twice"}) == "conflict"
    assert len(await owner.items(sent["conversation_id"])) == 2


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "nonsense"}, "invalid_frame"),
        ({"type": "message.send", "id": "no uuid", "conversation_id": str(uuid4()), "text": "x"}, "invalid_frame"),
        ({"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "x", "more": 1}, "invalid_frame"),
        ({"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": " \n"}, "invalid_text"),
        ({"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "x" * 8_001}, "invalid_text"),
        ({"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "a\0b"}, "invalid_text"),
        ({"type": "reply.stop", "conversation_id": str(uuid4()), "message_id": str(uuid4())}, "not_found"),
        ({"type": "reply.regenerate", "id": str(uuid4()), "conversation_id": str(uuid4()), "message_id": str(uuid4())}, "not_found"),
    ],
)
async def test_what_is_wrong_is_refused_by_code_and_the_socket_stays(owner: Owner, frame: Frame, code: str) -> None:
    assert await owner.refusal(frame) == code
    await owner.put({"type": "ping", "nonce": "7"})
    assert (await owner.until(lambda received: received["type"] == "pong", WITHIN_S))["nonce"] == "7"


async def test_a_message_follows_the_newest_reply_the_one_it_names_or_nothing(owner: Owner) -> None:
    first, end = await owner.said("/echo first")
    chat = first["conversation_id"]
    second, _ = await owner.said("/echo second", chat)
    edited, _ = await owner.said("/echo second, edited", chat, parent_id=end["reply_id"])
    root, _ = await owner.said("/echo another beginning", chat, parent_id=None)
    parents = {item["id"]: item["parent_id"] for item in await owner.items(chat) if item["role"] == "user"}
    assert parents == {first["id"]: None, second["id"]: end["reply_id"], edited["id"]: end["reply_id"], root["id"]: None}
    created = {frame["id"]: frame["parent_id"] for frame in owner.frames if frame["type"] == "message.created"}
    assert created == parents
    unknown = {"type": "message.send", "id": str(uuid4()), "conversation_id": chat, "text": "x", "parent_id": str(uuid4())}
    assert await owner.refusal(unknown) == "not_found"


async def test_a_reply_is_stopped_and_its_message_gets_another(owner: Owner) -> None:
    frame = {"type": "message.send", "id": str(uuid4()), "conversation_id": str(uuid4()), "text": "/slow 0.2"}
    await owner.put(frame)
    await owner.until(lambda received: received["type"] == "reply.delta", WITHIN_S)
    about = {"conversation_id": frame["conversation_id"], "message_id": frame["id"]}
    await owner.put({"type": "reply.stop", **about})
    assert (await owner.end_of(frame["id"], WITHIN_S))["finish_reason"] == "stopped"
    before = len(owner.frames)
    await owner.put({"type": "reply.regenerate", "id": str(uuid4()), **about})
    await owner.until(lambda received: received["type"] == "reply.started", WITHIN_S, since=before)
    await owner.put({"type": "reply.stop", **about})
    await owner.until(lambda received: received["type"] == "reply.completed", WITHIN_S, since=before)
    replies = [item for item in await owner.items(frame["conversation_id"]) if item["role"] == "assistant"]
    assert [reply["message_id"] for reply in replies] == [frame["id"], frame["id"]]


async def test_a_failed_reply_says_why_also_in_the_history(owner: Owner) -> None:
    sent, end = await owner.said("/fail overloaded")
    assert end["type"] == "reply.failed"
    reply = (await owner.items(sent["conversation_id"]))[1]
    assert reply["status"] == "failed"
    assert {key: end[key] for key in ("code", "detail", "retryable")} == reply["error"]


async def test_a_socket_that_comes_back_gets_what_it_missed_and_a_foreign_cursor_resumes_nothing(owner: Owner) -> None:
    sent, _ = await owner.said("/echo before")
    await owner.close()
    other = Owner(token=owner.token)
    other.url = owner.url
    await other.open(owner.url)
    missed, _ = await other.said("/echo meanwhile", sent["conversation_id"])
    await other.close()
    before = len(owner.frames)
    assert (await owner.open(owner.url))["resumed"]
    await owner.end_of(missed["id"], WITHIN_S)
    received = [frame for frame in owner.frames[before:] if frame["type"].startswith(("message.", "reply."))]
    assert [frame for frame in other.frames if frame["type"] != "message.accepted"] == received
    await owner.close()
    owner.place.epoch = str(uuid4())
    assert not (await owner.open(owner.url))["resumed"]


async def test_history_comes_in_pages_newest_first_and_oldest_first_in_each(owner: Owner) -> None:
    sent, _ = await owner.said("/echo 0")
    for count in (1, 2):
        await owner.said(f"/echo {count}", sent["conversation_id"])
    path = f"/api/conversations/{sent['conversation_id']}/messages?limit=2"
    texts: list[str] = []
    before = ""
    for _ in range(3):
        page = await owner.get(f"{path}{before or f'&at_least={owner.place.cursor}'}", MessagesPage)
        texts = [item["text"] for item in page["items"] if item["role"] == "user"] + texts
        before = f"&before={page['next']}"
    assert texts == ["/echo 0", "/echo 1", "/echo 2"]
    assert page["next"] is None


async def test_conversations_are_listed_found_renamed_and_deleted(owner: Owner) -> None:
    sent, _ = await owner.said("/echo a heron in the reeds")
    path = f"/api/conversations/{sent['conversation_id']}"
    [one] = (await owner.get(f"/api/conversations?at_least={owner.place.cursor}", ConversationsPage))["items"]
    assert (one["id"], one["messages"]) == (sent["conversation_id"], 2)
    renamed = await owner.http(owner.url, "PATCH", path, {"title": "On herons"})
    Renamed.model_validate_json(renamed.text)
    event = await owner.until(lambda frame: frame["type"] == "conversation.updated", WITHIN_S)
    assert event["title"] == "On herons"
    found = await owner.get(f"/api/conversations?q=herons&at_least={owner.place.cursor}", ConversationsPage)
    assert [one["title"] for one in found["items"]] == ["On herons"]
    assert (await owner.http(owner.url, "DELETE", path)).status_code == 204
    await owner.until(lambda frame: frame["type"] == "conversation.deleted", WITHIN_S)
    gone = await owner.http(owner.url, "GET", f"{path}/messages?at_least={owner.place.cursor}")
    assert (gone.status_code, Problem.model_validate_json(gone.text).code) == (404, "not_found")


async def test_each_reply_says_how_it_was_to_be_made(owner: Owner) -> None:
    sent, end = await owner.said("/echo here", options={"profile": "instant", "seed": 7})
    again = {"type": "reply.regenerate", "id": str(uuid4()), "conversation_id": sent["conversation_id"], "message_id": sent["id"]}
    await owner.put({**again, "options": {"profile": "fast"}})
    started = await owner.until(lambda frame: frame["type"] == "reply.started" and frame["reply_id"] != end["reply_id"], WITHIN_S)
    assert started["options"] == {"profile": "fast"}
    await owner.until(lambda frame: frame["type"] == "reply.completed" and frame["reply_id"] == started["reply_id"], WITHIN_S)
    await owner.put({**again, "id": str(uuid4())})
    plain = await owner.until(
        lambda frame: frame["type"] == "reply.started" and frame["reply_id"] not in (end["reply_id"], started["reply_id"]), WITHIN_S
    )
    assert "options" not in plain
    options = {item["id"]: item.get("options") for item in await owner.items(sent["conversation_id"])}
    assert [options[sent["id"]], options[end["reply_id"]], options[started["reply_id"]]] == [
        {"profile": "instant", "seed": 7}, {"profile": "instant", "seed": 7}, {"profile": "fast"}
    ]  # fmt: skip


async def test_a_search_marks_its_hits_and_names_the_message_to_show_them_under(owner: Owner) -> None:
    sent, end = await owner.said("/echo the wagtail nods")
    page: Frame = {"items": []}
    while len(page["items"]) < 2:  # what was stored a moment ago is found a moment later
        page = await owner.get("/api/search?q=wagtail", HitsPage)
    assert {(hit["role"], hit["id"], hit["message_id"]) for hit in page["items"]} == {
        ("user", sent["id"], sent["id"]),
        ("assistant", end["reply_id"], sent["id"]),
    }
    assert all("<mark>wagtail</mark>" in hit["snippet"] for hit in page["items"])
    times = {hit["role"]: hit["created_at"] for hit in page["items"]}
    for narrowed, ids in (
        ("role=user", [sent["id"]]),
        (f"role=assistant&since={times['assistant']}", [end["reply_id"]]),
        (f"until={times['user']}", []),
    ):
        found = await owner.get(f"/api/search?q=wagtail&{narrowed}", HitsPage)
        assert [hit["id"] for hit in found["items"]] == ids


async def test_an_exported_conversation_comes_back_under_another_id_with_its_branches(owner: Owner) -> None:
    sent, end = await owner.said("/echo there")
    chat = sent["conversation_id"]
    await owner.said("/echo and on", chat, parent_id=end["reply_id"], options={"seed": 7})
    await owner.said("/echo or elsewhere", chat, parent_id=end["reply_id"])
    exported = await owner.get(f"/api/conversations/{chat}/export?format=json", Export)
    copy = str(uuid4())
    answer = await owner.http(owner.url, "PUT", f"/api/conversations/{copy}/import", exported)
    assert answer.status_code == 201, answer.text
    assert Imported.model_validate_json(answer.text).messages == 6
    owner.place.cursor = answer.json()["cursor"]

    def shape(items: list[Frame]) -> list[tuple[object, ...]]:
        places = {item["id"]: place for place, item in enumerate(items)}
        return [(item["role"], item["text"], places.get(item["parent_id"]), item.get("options")) for item in items]

    assert shape(await owner.items(copy)) == shape(await owner.items(chat))


async def test_options_are_shown_with_their_message(owner: Owner) -> None:
    sent, _ = await owner.said("/echo seeded", options={"profile": "instant", "seed": 7})
    created = await owner.until(lambda frame: frame["type"] == "message.created", WITHIN_S)
    assert created["options"] == {"profile": "instant", "seed": 7}
    assert (await owner.items(sent["conversation_id"]))[0]["options"] == {"profile": "instant", "seed": 7}


async def test_the_pipeline_and_the_line_are_told_in_the_same_shape(owner: Owner) -> None:
    await owner.get("/api/pipeline", Pipeline)
    await owner.get("/api/line", QueuePositions)


async def test_an_owner_is_known_by_the_token_and_forgotten_on_request(owner: Owner) -> None:
    answer = await owner.http(owner.url, "POST", "/api/session")
    assert (answer.status_code, SessionAnswer.model_validate_json(answer.text).owner) == (200, owner.owner)
    assert (await owner.http(owner.url, "DELETE", "/api/session")).status_code == 204
    assert await owner.closed() == 4401
    refused = await owner.http(owner.url, "GET", "/api/conversations")
    assert (refused.status_code, Problem.model_validate_json(refused.text).code) == (401, "unauthorized")
    owner.token = None
    stranger = await owner.http(owner.url, "POST", "/api/session")
    assert stranger.status_code == 201
    assert stranger.json()["owner"] != owner.owner
