"""A message's options with what only the brain reads of them: a request of `/v1`, and the rules of the message's owner."""

from typing import ClassVar, TypeVar, cast

import msgspec

from myna.protocol.field_types import Options
from myna.protocol.frames import MessageSend, ReplyRegenerate
from myna.protocol.jobs import JobOptions

Frame = TypeVar("Frame", bound=MessageSend | ReplyRegenerate)


class BrainOptions(Options):
    """Options, and JSON that the brain reads."""

    request: str

    def ordered(self) -> JobOptions:
        """The same options as a job carries them."""
        return JobOptions(self.profile, self.seed, self.scenario, self.request)


class CompletionOptions(BrainOptions):
    """Those of a request of `/v1`, which holds all messages so far."""

    brings_history: ClassVar[bool] = True


def with_rules(frame: Frame, rules: str | None) -> Frame:
    """The frame with its owner's rules, for whoever answers it."""
    if rules is None or isinstance(frame.options, BrainOptions):  # those of /v1 bring them along
        return frame
    given = frame.options.model_dump() if frame.options is not None else {}
    options = BrainOptions(**given, request=msgspec.json.encode({"rules": rules}).decode())
    return cast(Frame, frame.model_copy(update={"options": options}))
