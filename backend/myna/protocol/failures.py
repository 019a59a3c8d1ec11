"""Why a reply fails: the codes of `reply.failed` and what each means."""

from typing import NamedTuple


class Failure(NamedTuple):
    """An end without a reply."""

    code: str
    detail: str  # one sentence for the message's owner
    retryable: bool  # whether another try may help


# What the pipeline itself decides.
DELIVERY_LIMIT = Failure("delivery_limit", "This message was tried too often without an answer and has been set aside.", retryable=True)
ABANDONED = Failure("abandoned", "Nobody has worked on this reply for too long; ask again.", retryable=True)
CONVERSATION_DELETED = Failure("conversation_deleted", "Its conversation was deleted before it arrived.", retryable=False)
UNANSWERED = Failure("unanswered", "It had no reply when the conversation was exported.", retryable=True)
UNFINISHED = Failure("unfinished", "Its reply was not complete when the conversation was exported.", retryable=True)
OF_PIPELINE = (DELIVERY_LIMIT, ABANDONED, CONVERSATION_DELETED, UNANSWERED, UNFINISHED)

# What the AI may answer instead of a reply, with a detail of its own. A file of scenarios may name further codes.
OF_AI = {
    "unknown_option": "The responder has no such profile or scenario.",
    "overloaded": "The AI has too much to do.",
    "rate_limited": "The AI gets too many requests.",
    "timeout": "The AI took too long.",
    "refused": "The AI refuses to answer this.",
    "server_error": "The AI is broken.",
    "context_length": "The conversation is too long for the AI.",
    "connection_cut": "The AI's connection ended without a word.",
    "connection_reset": "The AI's connection was reset.",
    "stalled": "The AI fell silent.",
    "broken_event": "The AI sent what can't be read.",
    "truncated": "The AI's reply ended without its end.",
    "no_rule_matched": "The file of scenarios is strict, and none of its rules fits the message.",
    "invalid_schema": "A JSON Schema of the request is none, or no value was found that is valid by it.",
}

MEANINGS = {failure.code: failure.detail for failure in OF_PIPELINE} | OF_AI

OTHER = "other"


def label_of(code: str) -> str:
    """The code as a counter's label: `other` for one that a file of scenarios made up, so that there is a bounded number of them."""
    return code if code in MEANINGS else OTHER
