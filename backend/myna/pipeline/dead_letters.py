"""Dead letters: what one holds, what the log has of it, and having it answered again."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from myna.broker.port import Broker, DeadLetter
from myna.core.log_lines import Wanted
from myna.pipeline.log_pages import LogPage, LogPages
from myna.pipeline.manual_messages import ManualMessage
from myna.protocol import log_codec, timestamps
from myna.protocol.ids import reply_id_for
from myna.protocol.jobs import QueuedJob, ReplyJob
from myna.protocol.topology import RoutingKey

WAY_LINES = 200  # of a way: a reply of that many parts is followed up to there
# Jobs are stamped by a node's clock and dead letters by the broker's, in whole seconds: begin to look earlier by more than they differ.
CLOCKS = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a body says about itself; None where it does not."""

    owner: str | None = None
    conversation_id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Requeued:
    """What was published: with which key, and where that is an event of the log, which one."""

    key: RoutingKey
    type: str | None = None
    reply_id: str | None = None
    conversation_id: str | None = None


def jobs_of(body: bytes) -> list[QueuedJob]:
    """The jobs in a body; none where it is not jobs throughout."""
    try:
        return [log_codec.read_job(line) for line in body.split(b"\n")]
    except log_codec.Unreadable:
        return []


def contents_of(body: bytes) -> Contents:
    """What a body says: of several jobs, the first."""
    if jobs := jobs_of(body):
        return Contents(jobs[0].owner, jobs[0].conversation_id, jobs[0].text)
    found = _object_in(body)
    return Contents(*(value if isinstance(value := found.get(name), str) else None for name in ("owner", "conversation_id", "text")))


def is_editable(body: bytes) -> bool:
    """Whether it can be answered again with another text: not several jobs at once."""
    return len(jobs_of(body)) <= 1


async def way_of(pages: LogPages, letter: DeadLetter) -> LogPage:
    """What the log has of a dead letter, from its acceptance on. Raises `BrokerUnavailable`."""
    if jobs := jobs_of(letter.body):
        begin = timestamps.from_ms(timestamps.milliseconds(jobs[0].at)) - CLOCKS
        return await pages.since(begin, Wanted(owner=jobs[0].owner, reply_id=jobs[0].reply_id), WAY_LINES)
    if letter.dead_lettered_at is None:
        return LogPage(-1, None)
    return await pages.since(letter.dead_lettered_at - CLOCKS, Wanted(body=letter.body), WAY_LINES)


async def requeue_all(broker: Broker, ids: Collection[str]) -> int:
    """Have the dead letters of these ids answered again, and return how many of them there were. Raises `BrokerUnavailable`.

    Published first, removed after: a crash between the two tries one twice and loses none.
    """
    letters = [letter for letter in await broker.dead_letters() if letter.id in ids]
    for letter in letters:
        await publish_again(broker, letter)
    await broker.remove_dead_letters([letter.id for letter in letters])
    return len(letters)


async def publish_again(broker: Broker, letter: DeadLetter, text: str | None = None) -> Sequence[Requeued]:
    """Publish a dead letter's jobs, with another text where one is given; it stays where it is. Raises `BrokerUnavailable`.

    The reply of a message that failed stays failed; what is asked for is one more reply to it. A body that is no job of ours
    goes back to `chat_queue` as it is, or as a message by hand that has the text.
    """
    done: list[Requeued] = []
    for job in jobs_of(letter.body):
        again = _one_more(job, letter, text)
        await broker.submit(RoutingKey.MESSAGE, [log_codec.encode(again)])
        done.append(Requeued(RoutingKey.MESSAGE, again.type, again.reply_id, again.conversation_id))
    if not done:
        await broker.submit(RoutingKey.WORK, [letter.body if text is None else _by_hand(letter.body, text)])
        done.append(Requeued(RoutingKey.WORK))
    return done


def _one_more(job: QueuedJob, letter: DeadLetter, text: str | None) -> ReplyJob:
    key = reply_id_for(job.owner, f"requeue:{letter.id}:{job.id}")
    return ReplyJob(
        owner=job.owner,
        reply_id=reply_id_for(job.owner, key),
        turn=job.turn,
        history=job.history,
        options=job.options,
        at=timestamps.now(),
        conversation_id=job.conversation_id,
        id=key,
        message_id=job.message_id,
        text=job.text if text is None else text,
    )


def _by_hand(body: bytes, text: str) -> bytes:
    """A message by hand with this text, in the conversation that the body names, if it does."""
    named = {name: value for name, value in _object_in(body).items() if name in ("owner", "conversation_id", "parent_id")}
    try:
        ManualMessage.model_validate_json(json.dumps({**named, "text": text}))
    except ValidationError:
        named = {}
    return json.dumps({**named, "text": text}).encode()


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
