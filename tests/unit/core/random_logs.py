"""Random logs: what nodes and responders write, what they write again after a crash, and what should never be there."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from msgspec.structs import replace

from myna.broker.port import Record
from myna.protocol import events as e
from myna.protocol.event_fields import ParentId
from myna.protocol.topology import RoutingKey
from tests.unit.log_events import (
    ANN,
    BEN,
    CONVERSATION,
    OTHER_CONVERSATION,
    accepted_message,
    accepted_regenerate,
    at,
    body,
    completed,
    deleted,
    failed,
    part,
    renamed,
    started,
    stopped,
)

OWNERS, TALKS = (ANN, BEN), (CONVERSATION, OTHER_CONVERSATION)
ACTS = (
    ("say",) * 4 + ("start",) * 5 + ("part",) * 10 + ("end",) * 5 + ("fail", "stop", "again", "rename", "delete", "park")
    + ("start anew", "part twice", "part too far", "say twice", "late part", "late end", "foreign part", "garbage", "mark")
)  # fmt: skip


@dataclass
class Writer:
    """Writes a log, event by event; the numbers drawn choose what an event is about."""

    late: bool  # whether messages come to conversations that are gone, and twice
    jobs: list[e.Job] = field(default_factory=list)
    over: set[str] = field(default_factory=set)  # reply_ids
    parts: dict[str, list[str]] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    gone: set[tuple[str, str]] = field(default_factory=set)  # deleted conversations
    clock: int = 0

    def act(self, what: str, which: int) -> bytes:
        """One line. What can't be done now becomes a mark."""
        self.clock += 10
        when = at(self.clock)
        owner, talk = OWNERS[which % 2], TALKS[which // 2 % 2]
        if what == "say" and (self.late or (owner, talk) not in self.gone):
            parent = self._parent(owner, talk, which)
            message = accepted_message(100 + self.clock, f"text {self.clock}", owner=owner, conversation=talk, when=when, parent=parent)
            return self._ordered(message)
        if what == "rename" and any((job.owner, job.conversation_id) == (owner, talk) for job in self.jobs):
            return body(renamed(f"title {self.clock}", owner=owner, conversation=talk, when=when))
        if what == "delete":
            self.gone.add((owner, talk))
            return body(deleted(owner=owner, conversation=talk, when=when))
        if what == "garbage":
            return (b"{", b'{"type":"reply.delta"}', b"\xff\xfe", b'"type":"')[which % 4]
        late = what in ("late part", "late end", "again")
        chosen = [job for job in self.jobs if (job.reply_id in self.over) is late]
        if what in ("mark", "say", "rename") or not chosen:
            return body(e.LogMark(nonce=f"m{self.clock}"))
        return self._about(what, chosen[which % len(chosen)], when)

    def _parent(self, owner: str, talk: str, which: int) -> ParentId:
        """Something said before in the conversation, a message or a reply, or the root."""
        said = [id_ for job in self.jobs if (job.owner, job.conversation_id) == (owner, talk) for id_ in (job.message_id, job.reply_id)]
        return [None, *said][which % (len(said) + 1)]

    def _ordered(self, job: e.Job) -> bytes:
        self.jobs.append(job)
        self.parts[job.reply_id], self.attempts[job.reply_id] = [], 0
        return body(job)

    def _about(self, what: str, job: e.Job, when: str) -> bytes:
        parts, attempt = self.parts[job.reply_id], self.attempts[job.reply_id]
        text = f"{len(parts)}/{attempt} "
        match what:
            case "again" if isinstance(job, e.MessageCreated) and (self.late or (job.owner, job.conversation_id) not in self.gone):
                return self._ordered(accepted_regenerate(100 + self.clock, job, when=when))
            case "say twice" if self.late:
                return body(job)
            case "start" | "start anew":
                self.attempts[job.reply_id] += 1
                if what == "start anew":
                    parts.clear()
                return body(started(job, attempt + 1, restarted=what == "start anew" or None, when=when))
            case "part" if attempt:
                parts.append(text)
                return body(part(job, len(parts) - 1, text, attempt, when=when))
            case "part twice" if parts:
                return body(part(job, len(parts) - 1, parts[-1], attempt, when=when))
            case "part too far" if attempt:
                return body(part(job, len(parts) + 1, text, attempt, when=when))
            case "late part":
                return body(part(job, len(parts), text, attempt + 1, when=when))
            case "foreign part":
                foreign = part(job, len(parts), text, attempt, when=when)
                return body(replace(foreign, owner=BEN if job.owner == ANN else ANN))
            case "late end":
                return body(completed(job, parts, attempt + 1, when=when))
            case "park":
                self.over.add(job.reply_id)
                return body(job)
            case "end" | "fail" | "stop":
                self.over.add(job.reply_id)
                if what == "stop":
                    return body(stopped(job, when=when))
                return body(completed(job, parts, attempt, when=when) if what == "end" else failed(job, attempt, when=when))
        return body(e.LogMark(nonce=f"m{self.clock}"))


@st.composite
def histories(draw: st.DrawFn, *, late: bool = True) -> list[Record]:
    """A log of records with one to four lines each."""
    writer, log = Writer(late), list[Record]()
    act = st.tuples(st.sampled_from(ACTS), st.integers(0, 40))
    for acts in draw(st.lists(st.lists(act, min_size=1, max_size=4), max_size=25)):
        lines: list[bytes] = []
        for what, which in acts:
            line = writer.act(what, which)
            lines.append(line)
            parked = what == "park" and b"log.mark" not in line
            if parked and len(lines) > 1:
                log.append(Record(len(log), RoutingKey.EVENT, b"\n".join(lines[:-1])))
            if parked:
                log.append(Record(len(log), RoutingKey.PARKED, lines.pop()))
                lines.clear()
        if lines:
            log.append(Record(len(log), RoutingKey.EVENT, b"\n".join(lines)))
    return log
