"""The fields of a scenario file, as pydantic models: what each takes is said by its description and its limits."""

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from myna.mock_ai.expressions import compiled, glob_pattern
from myna.mock_ai.failures import FAILURES
from myna.mock_ai.parts import MAX_BYTES, MAX_PARTS, fits
from myna.mock_ai.port import Part
from myna.mock_ai.profiles import Profile

MAX_WAIT_S = 120.0  # seconds, the longest single wait: twice what most clients take before they give up
MAX_PATTERN = 1_000  # characters of a regular expression

_NAME = r"[a-z][a-z0-9_-]{0,39}"
_SPAN = re.compile(r"([1-9]\d{0,3})(?:(\+)|-([1-9]\d{0,3}))?")


def _clean(text: str) -> str:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not have NUL characters or lone surrogates")
    if not fits(text):
        raise ValueError(f"takes at most {MAX_BYTES:,} bytes")
    return text


def _pattern(pattern: str) -> str:
    compiled(pattern)
    return pattern


def _glob(text: str) -> str:
    compiled(glob_pattern(text))
    return text


def _span(given: Any) -> tuple[int, int | None]:
    found = None if isinstance(given, bool) else _SPAN.fullmatch(str(given))
    if found is None or (found[3] and int(found[3]) < int(found[1])):
        raise ValueError("takes a number from 1 (2), a range (2-5) or an open one (3+)")
    first = int(found[1])
    return first, int(found[3]) if found[3] else None if found[2] else first


def _one_or_many(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _named(key: str) -> BeforeValidator:
    """A text alone stands for an object with this one field."""
    return BeforeValidator(lambda given: {key: given} if isinstance(given, str) else given)


Name = Annotated[str, Field(pattern=f"^{_NAME}$")]
Template = Annotated[str, Field(min_length=1), AfterValidator(_clean)]
Texts = Annotated[list[Template], BeforeValidator(_one_or_many), Field(min_length=1, max_length=200)]
Pattern = Annotated[str, Field(min_length=1, max_length=MAX_PATTERN), AfterValidator(_pattern)]
Patterns = Annotated[list[Pattern], BeforeValidator(_one_or_many), Field(min_length=1, max_length=200)]
Glob = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_glob)]
Span = Annotated[tuple[int, int | None], BeforeValidator(_span, json_schema_input_type=int | str)]
WordCount = Annotated[int, Field(ge=1, le=1_000)]
Seconds = Annotated[float, Field(ge=0, le=MAX_WAIT_S)]


class Fields(BaseModel):
    """An object of the file: nothing but its own fields, each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class PartFields(Fields):
    """A piece of a reply that is sent by itself, after a wait."""

    text: Template
    after_s: Seconds = 0.0


class FailFields(Fields):
    """How a reply fails; a code of the built-in ones has a sentence of its own."""

    code: Name
    detail: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_clean)] | None = None
    retryable: bool | None = None
    after_s: Seconds | None = None
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after_s: Annotated[float, Field(ge=0, le=86_400)] | None = None

    @model_validator(mode="after")
    def _explained(self) -> "FailFields":
        if self.detail is None and self.code not in FAILURES:
            raise ValueError(f"needs a detail (a sentence for people), as {self.code} is none of {', '.join(FAILURES)}")
        return self


class ToolCallFields(Fields):
    """A function that the reply calls; without arguments they are made from the tool's schema."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    arguments: dict[str, Any] | None = None


class ReplyFields(Fields):
    """A reply: its content in exactly one of the first eight ways, and how it is paced and ended."""

    text: Template | None = None
    parts: Annotated[list[Annotated[PartFields, _named("text")]], Field(min_length=1, max_length=MAX_PARTS)] | None = None
    use: Name | None = None  # a scenario by name
    by_turn: "Annotated[list[Reply], Field(min_length=1, max_length=200)] | None" = None  # the last one repeats
    by_attempt: "Annotated[list[Reply], Field(min_length=1, max_length=200)] | None" = None  # the last one repeats
    choices: "Annotated[list[Choice], Field(min_length=1, max_length=200)] | None" = None
    tool_calls: Annotated[list[Annotated[ToolCallFields, _named("name")]], Field(min_length=1, max_length=20)] | None = None
    fail: Annotated[FailFields, _named("code")] | None = None  # also after text or parts
    about: Annotated[str, Field(max_length=200)] = ""
    after_s: Seconds | None = None  # before the first part, instead of the profile's wait
    finish_reason: Literal["stop", "length"] | None = None
    profile: Name | None = None

    @model_validator(mode="after")
    def _one_content(self) -> "ReplyFields":
        contents = [name for name in CONTENTS if getattr(self, name) is not None]
        if not contents:
            raise ValueError(f"needs one of {', '.join(CONTENTS)}")
        if len(contents) > 1 and (len(contents) > 2 or contents[0] not in ("text", "parts") or contents[1] != "fail"):
            raise ValueError(f"takes one of {', '.join(CONTENTS)} (fail may follow text or parts), has {' and '.join(contents)}")
        if self.fail is not None and self.finish_reason is not None:
            raise ValueError("takes fail or finish_reason, not both")
        if self.parts is not None and not fits("".join(part.text for part in self.parts)):
            raise ValueError(f"takes parts of at most {MAX_BYTES:,} bytes together")
        return self

    @cached_property
    def plain_parts(self) -> tuple[Part, ...] | None:
        """The parts where none has anything to be filled in: the same in every reply. None: some have."""
        if "${" in "".join(part.text for part in self.parts or ()):
            return None
        return tuple(Part(part.text, part.after_s) for part in self.parts or ())


CONTENTS = ("text", "parts", "use", "by_turn", "by_attempt", "choices", "tool_calls", "fail")


class ChoiceFields(ReplyFields):
    """One of several replies, drawn by the seed as often as its weight says."""

    weight: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0


Reply = Annotated[ReplyFields, _named("text")]
Choice = Annotated[ChoiceFields, _named("text")]


class ToolResultFields(Fields):
    """What the result of a tool must be; with no field any result will do."""

    tool: Glob | None = None
    contains: Texts | None = None
    regex: Patterns | None = None


class MatchFields(Fields):
    """What a request must be for its rule; all that is given must hold, of a list any one."""

    exact: Texts | None = None
    contains: Texts | None = None
    regex: Patterns | None = None
    turn: Span | None = None
    attempt: Span | None = None
    model: Glob | None = None
    header: Annotated[dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")], Glob], Field(min_length=1, max_length=20)] | None = None
    tool_result: ToolResultFields | None = None


class RuleFields(Fields):
    """Which reply a request gets; without a match every request that has no result of a tool."""

    reply: Annotated[ReplyFields, _named("use")]
    match: MatchFields = Field(default_factory=lambda: MatchFields())
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None


def _pair(given: Any) -> Any:
    pair = given if isinstance(given, list) else [given, given]
    if len(pair) != 2 or not all(isinstance(one, int | float) for one in pair) or pair[0] > pair[1]:
        raise ValueError("takes a number, or a list of two, the smaller one first")
    return tuple(pair)


def _known_failure(code: str) -> str:
    if code not in FAILURES:
        raise ValueError(f"is none of {', '.join(FAILURES)}")
    return code


SecondsSpan = Annotated[tuple[Seconds, Seconds], BeforeValidator(_pair)]
Share = Annotated[float, Field(ge=0, le=1)]


class ProfileFields(Fields):
    """A pace and error rates of one's own; what is not given is as in `normal`."""

    about: Annotated[str, Field(min_length=1, max_length=200)] = "a profile of the scenario file"
    first_after_s: SecondsSpan = (0.3, 0.6)
    parts_per_s: Annotated[float, Field(gt=0, le=100_000)] = 33.0
    tokens_per_s: Annotated[float, Field(gt=0, le=100_000)] | None = None  # instead of parts_per_s
    jitter: Share = 0.6
    words_per_part: Annotated[tuple[WordCount, WordCount], BeforeValidator(_pair)] = (1, 2)
    stalls: Share = 0.0
    stall_s: SecondsSpan = (2.0, 6.0)
    refused: Share = 0.0
    cut: Share = 0.0
    failures: dict[Annotated[str, AfterValidator(_known_failure)], Share] = {}  # share of replies by code
    whole: bool = False
    at_once: Annotated[int, Field(ge=1, le=10_000)] | None = None
    waiting: Annotated[int, Field(ge=0, le=10_000)] | None = None
    slower_from: Annotated[int, Field(ge=0, le=10_000)] = 0

    @model_validator(mode="after")
    def _at_most_all(self) -> "ProfileFields":
        if self.refused + self.cut + sum(self.failures.values()) > 1:
            raise ValueError("takes shares of refused, cut and failures that are at most 1 together")
        return self

    @property
    def profile(self) -> Profile:
        """The same as the mock's own profiles are kept."""
        return Profile(**{**self.model_dump(), "tokens_per_s": self.tokens_per_s or 0.0, "failures": tuple(self.failures.items())})


class FileFields(Fields):
    """A scenario file."""

    version: Literal[1] = 1
    strict: bool = False
    profiles: Annotated[dict[Name, ProfileFields], Field(max_length=100)] = {}
    scenarios: Annotated[dict[Name, Reply], Field(max_length=500)] = {}
    rules: Annotated[list[RuleFields], Field(max_length=1_000)] = []


FileFields.model_rebuild()
