"""An export is the whole conversation, in a file with a harmless name."""

import json
from urllib.parse import unquote
from uuid import uuid4

import pytest

from myna.protocol.views import ConversationView, MessageView
from myna.web.api.conversation_export import as_markdown, closed, disposition
from tests.services.processes import until
from tests.unit.api.conftest import Person


async def test_a_json_export_holds_a_conversation_of_several_pages_in_order(person: Person) -> None:
    conversation_id = str(uuid4())
    texts = [f"/echo number {number}" for number in range(105)]  # with replies more than one page of 200
    for text in texts:
        await person.say(text, conversation_id=conversation_id)

    async def all_answered() -> bool:
        newest = (await person.messages(conversation_id))[-1]
        return (newest["role"], newest["status"]) == ("assistant", "complete")

    await until(all_answered, 60, "the last reply")

    answer = await person.get(f"/api/conversations/{conversation_id}/export?format=json")

    export = json.loads(answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    assert [item["text"] for item in export["messages"] if item["role"] == "user"] == texts
    for message, reply in zip(export["messages"][::2], export["messages"][1::2], strict=True):
        assert reply["message_id"] == message["id"]
    assert export["conversation"]["id"] == conversation_id
    assert export["schema"] == "myna.conversation/1"


async def test_a_markdown_export_reads_like_the_conversation(person: Person) -> None:
    accepted = await person.say("/echo Godwits\nfly far")
    (_, reply) = await person.answered(accepted["conversation_id"])

    answer = await person.get(f"/api/conversations/{accepted['conversation_id']}/export?format=markdown")

    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    title, about, *rest = answer.text.split("\n\n")
    assert title == "# /echo Godwits"
    assert about.startswith("*2 messages, begun 20")
    assert rest[1] == "> /echo Godwits\n> fly far"
    assert reply["text"].strip() in answer.text


def test_a_reply_that_was_cut_in_a_code_block_does_not_swallow_what_follows() -> None:
    at = "2026-11-21T03:46:00.000Z"
    conversation = ConversationView("o", "c", "Code", at, at, 2, "")
    cut = MessageView("o", "c", "r", "assistant", "Look:\n```python\nprint(1)", "stopped", at, finish_reason="stopped")
    after = MessageView("o", "c", "m", "user", "```\nand mine", "complete", at.replace(":00.000", ":01.000"), parent_id="r")

    text = "".join(as_markdown(conversation, [cut, after]))

    assert "print(1)\n```\n\n## You" in text
    assert "> ```\n> and mine" in text
    assert "Myna · 2026-11-21 03:46 UTC · stopped" in text


async def test_a_markdown_export_is_the_path_to_what_was_said_last_and_says_so(person: Person) -> None:
    conversation_id = (await person.say("/echo root"))["conversation_id"]
    root, _ = await person.answered(conversation_id)
    await person.say("/echo left", conversation_id=conversation_id)
    await person.answered(conversation_id, replies=2)
    await person.say("/echo right", conversation_id=conversation_id, parent_id=root["id"])
    await person.answered(conversation_id, replies=3)

    answer = await person.get(f"/api/conversations/{conversation_id}/export?format=markdown")

    assert "3 messages, begun" in answer.text
    assert "This is the newest branch; 3 more are on others." in answer.text
    assert "> /echo root" in answer.text
    assert "> /echo right" in answer.text
    assert "left" not in answer.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("```\nwhole\n```", "```\nwhole\n```"),
        ("```\nopen", "```\nopen\n```"),
        ("````\n```\nstill open", "````\n```\nstill open\n````"),
        ("~~~\n```\nopen", "~~~\n```\nopen\n~~~"),
        ("```a`b``` is inline", "```a`b``` is inline"),
    ],
)
def test_only_an_open_fence_is_closed(text: str, expected: str) -> None:
    assert closed(text) == expected


@pytest.mark.parametrize(
    ("title", "plain", "full"),
    [
        ("A walk", "A walk", "A walk"),
        ("Über Vögel", "Uber Vogel", "Über Vögel"),
        ("鳥", "conversation", "鳥"),
        ("../../etc/passwd", "etc passwd", "etc passwd"),
        ('a"; filename="evil.exe', "a ; filename= evil.exe", "a ; filename= evil.exe"),
        ("one\r\nSet-Cookie: two", "one Set-Cookie two", "one Set-Cookie two"),
        ("wide \uff02quotes\uff02 \u2100", "wide quotes ac", "wide \uff02quotes\uff02 \u2100"),
        ("\u202egnp.exe", "gnp.exe", "gnp.exe"),
        ("...", "conversation", "conversation"),
        ("x" * 300, "x" * 60, "x" * 60),
    ],
)
def test_a_files_name_is_the_title_without_anything_dangerous(title: str, plain: str, full: str) -> None:
    header = disposition(title, "md")

    assert header.isascii()
    assert header.isprintable()
    kind, ascii_name, encoded = header.split("; filename", 1)[0], *header.split("\"; filename*=UTF-8''")
    assert kind == "attachment"
    assert ascii_name == f'attachment; filename="{plain}.md'
    assert unquote(encoded) == f"{full}.md"


@pytest.mark.parametrize("query", ["format=", "format=pdf", "format=JSON"])
async def test_an_unknown_format_is_rejected_with_the_known_ones(person: Person, query: str) -> None:
    accepted = await person.say("/echo hi")

    answer = await person.get(f"/api/conversations/{accepted['conversation_id']}/export?{query}")

    assert (answer.status_code, answer.json()["detail"]) == (400, "format takes 'markdown' or 'json'.")


async def test_there_is_no_export_of_somebody_elses_conversation(person: Person, stranger: Person) -> None:
    accepted = await person.say("/echo hi")

    theirs = await stranger.get(f"/api/conversations/{accepted['conversation_id']}/export?format=json")
    nobodys = await stranger.get(f"/api/conversations/{uuid4()}/export?format=json")

    assert theirs.status_code == nobodys.status_code == 404
    assert {**theirs.json(), "request_id": ""} == {**nobodys.json(), "request_id": ""}
