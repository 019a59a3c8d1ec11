"""The exchange's queues as AsyncAPI channels, made from the topology and from the events that travel in each."""

from typing import Any

import msgspec

from myna.pipeline.manual_messages import ManualMessage
from myna.protocol import events as e
from myna.protocol import log_codec
from myna.protocol.event_fields import WireStruct
from myna.protocol.jobs import QueuedJob
from myna.protocol.topology import DEAD_LETTERS, EXCHANGE, GROUP_LINES, LOG, QUEUES, WORK_QUEUE, Queue
from myna.web.openapi.json_schema import NULL, SCHEMAS, Schema, tidy

DESCRIPTIONS = {
    WORK_QUEUE: "Work: each delivery goes to one responder, which acks it when the reply's end is confirmed.",
    LOG: "The log: everything that happened, in order, read by every node from its own position.",
    DEAD_LETTERS: "What could not be answered, with its body as it came, until an operator requeues or drops it.",
}
EVENTS: dict[str, tuple[type[WireStruct], ...]] = {
    WORK_QUEUE: QueuedJob.__args__,
    LOG: e.LogLine.__args__,
    DEAD_LETTERS: QueuedJob.__args__,
}
BY_HAND = ManualMessage.__name__
BODY = (
    f"An AMQP message holds one event as JSON, or under load up to {GROUP_LINES} as lines of `application/x-ndjson`. Of one event, the "
    "header `owner` is its owner, `type` its type, and `message_id` its `id`."
)


def channels() -> dict[str, Schema]:
    """A channel for each queue, by its name: arguments, routing keys and messages."""
    return {queue.name: _channel(queue) for queue in QUEUES}


def operations() -> dict[str, Schema]:
    """What the program does with each queue: it publishes to the exchange, and receives."""
    made: dict[str, Schema] = {}
    for queue in QUEUES:
        keys = [key.value for key in queue.keys]
        amqp = {"cc": keys, "deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}
        messages = [{"$ref": f"#/channels/{queue.name}/messages/{name}"} for name in _messages_in(queue.name)]
        channel = {"$ref": f"#/channels/{queue.name}"}
        made[f"to_{queue.name}"] = {"action": "send", "channel": channel, "messages": messages, "bindings": {"amqp": amqp}}
        made[f"from_{queue.name}"] = {"action": "receive", "channel": channel, "messages": messages}
    return made


def messages() -> dict[str, Schema]:
    """The messages of all queues, by the name of their schema."""
    made = {_name(event): _message(event) for events in EVENTS.values() for event in events}
    made[BY_HAND] = {
        "name": "by hand",
        "summary": "What an operator may publish to chat_queue; only `text` is needed.",
        "contentType": "application/json",
        "payload": {"$ref": SCHEMAS + BY_HAND},
    }
    return made


def schemas() -> dict[str, Schema]:
    """The payloads' schemas and those of what they are made of, which is named as in the frames, by name."""
    events = {event for events in EVENTS.values() for event in events}
    _, found = msgspec.json.schema_components(sorted(events, key=lambda event: event.__name__), ref_template=SCHEMAS + "{name}")
    by_hand = ManualMessage.model_json_schema(ref_template=SCHEMAS + "{model}")
    by_hand.pop("$defs", None)
    payloads = {_name(event): found.pop(event.__name__) for event in events}
    return {name: tidy(_as_written(schema)) for name, schema in (payloads | found).items()} | {BY_HAND: tidy(by_hand)}


def _as_written(schema: Schema) -> Schema:
    # What is null is left out, and nothing else is.
    needed = [name for name, field in schema["properties"].items() if NULL not in field.get("anyOf", ())]
    return {**schema, "required": needed}


def _channel(queue: Queue) -> Schema:
    return {
        "address": queue.name,
        "description": f"{DESCRIPTIONS[queue.name]} {BODY}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages_in(queue.name)},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": queue.name, "durable": True, "exclusive": False, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
        "x-exchange": EXCHANGE,
        "x-routing-keys": {key.value: key.meaning for key in queue.keys},
        "x-arguments": queue.arguments,
    }


def _messages_in(queue: str) -> list[str]:
    names = [_name(event) for event in EVENTS[queue]]
    return names if queue == LOG else [*names, BY_HAND]


def _message(event: type[WireStruct]) -> Schema:
    kind = log_codec.type_of(event)
    about = " ".join((event.__doc__ or "").split())
    return {"name": kind, "summary": about, "contentType": "application/json", "payload": {"$ref": SCHEMAS + _name(event)}}


def _name(event: Any) -> str:
    return f"{event.__name__}Event"
