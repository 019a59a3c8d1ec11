"""Types of the fields that clients send, in frames and in request bodies."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from myna.protocol import titles
from myna.protocol.event_fields import TEXT_LIMIT
from myna.protocol.ids import UUID_PATTERN
from myna.protocol.jobs import JobOptions
from myna.protocol.text_rules import REFUSED_CHARACTERS, is_storable


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError(f"text may not hold {REFUSED_CHARACTERS}")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("text may not be empty")
    return _storable(text)


def _title(text: str) -> str:
    title = titles.one_line(text)
    if not title:
        raise ValueError("title may not be empty")
    return title


Id = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
Storable = Annotated[str, AfterValidator(_storable)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT), AfterValidator(_said)]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Title = Annotated[Storable, StringConstraints(strip_whitespace=True, max_length=titles.NAME_LIMIT), AfterValidator(_title)]


class Strict(BaseModel):
    """The base of what clients send: exact types, no unknown field, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Options(Strict):
    """How a reply is to be generated; every field is optional."""

    profile: Annotated[str, StringConstraints(max_length=64)] | None = None
    seed: Seed | None = None
    scenario: Annotated[str, StringConstraints(max_length=64)] | None = None

    brings_history: ClassVar[bool] = False  # whether the client itself says what the conversation so far is

    def ordered(self) -> JobOptions:
        """The same options as a job carries them."""
        return JobOptions(self.profile, self.seed, self.scenario)
