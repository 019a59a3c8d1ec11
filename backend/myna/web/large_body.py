"""Large JSON bodies, read without holding the event loop: message by message, in slices of time, and up to the first error."""

import re
from functools import cache
from typing import Any, NoReturn, TypeVar, get_args, get_origin

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from myna.slices import Pause, sliced

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]

LARGE = 16 * 1024  # bytes; a smaller body takes a millisecond or two at once, whatever is in it
LISTS = ("messages", "input")  # the fields of our bodies that make them large
# What a large body may hold, so that each of its parts is quickly read: more than anybody has used.
FIELDS, ITEMS, DEPTH = 1_024, 10_000, 64  # of an object, of a list, of objects and lists in each other
PART_TOKENS = 100_000  # braces, brackets, commas and texts of one message, and of all beside the messages
TEXT_BYTES = 1024 * 1024  # of one text
TOKENS = 256  # between two looks at the clock
BLANKS = 64 * 1024  # bytes that are looked through at once
RUN = 4 * 1024  # backslashes that are counted at once

_TOKEN = re.compile(rb'["{}\[\],]')
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


async def parse_body(model: type[M], data: str | bytes) -> M:
    """The model that this body is JSON of. Raises `ValidationError`; of a large body's messages it names the first that is wrong."""
    data = data.encode() if isinstance(data, str) else data
    if len(data) <= LARGE:
        return model.model_validate_json(data)
    name = next((one for one in LISTS if one in model.model_fields), None)
    async with sliced() as pause:
        await _check_structure(model, data, name, pause)
        if name is None:
            return model.model_validate_json(data)
        try:
            fields = _OBJECT.decode(data)
            items = _LIST.decode(fields.get(name, b""))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return model.model_validate_json(data)  # its messages are no list, or it says what is wrong
        await pause()
        most = next((rule.max_length for rule in model.model_fields[name].metadata if hasattr(rule, "max_length")), ITEMS)
        if len(items) > most:
            raise _error(model, "too_long", (name,), {"field_type": "List", "max_length": most, "actual_length": len(items)})
        first = _validate(model, fields, name, items[:1])
        parsed = [*getattr(first, name)]
        for place, item in enumerate(items[1:], 1):
            await pause()
            parsed.append(_parse_item(model, fields, name, place, item))
    return first.model_copy(update={name: parsed})


async def _check_structure(model: type[BaseModel], data: bytes, name: str | None, pause: Pause) -> None:
    """Raise for an object, list, nesting, message or text that is too large, before anything is made of it."""
    counts: list[list[int]] = []  # of each object and list that is open: the commas in it, and how many there may be
    at = number = part = rest = 0
    in_list = False
    while at < len(data):
        number += 1
        if number % TOKENS == 0:
            await pause()
        found = _TOKEN.search(data, at, at + BLANKS)
        if found is None:
            at += BLANKS
            continue
        kind, at = found[0], found.end()
        part += 1
        if kind == b'"':
            begin, at = at, await _end_of_text(data, at, pause)
            if at - begin > TEXT_BYTES + 1:
                _refuse(model, f"takes at most {TEXT_BYTES} bytes in one text")
            if len(counts) == 1 and part == 1:  # the name of a field
                in_list = name is not None and data[begin : at - 1] == name.encode()
        elif kind in (b"{", b"["):
            counts.append([0, FIELDS if kind == b"{" else ITEMS])
            if len(counts) == 1:
                part = 0
            elif len(counts) > DEPTH:
                _refuse(model, f"takes at most {DEPTH} objects and lists in each other")
        elif kind in (b"}", b"]"):
            if counts:
                counts.pop()
        elif counts:
            counts[-1][0] += 1
            if counts[-1][0] >= counts[-1][1]:
                _refuse(model, f"takes at most {FIELDS} fields in an object and {ITEMS} items in a list")
            if len(counts) == 1 or (in_list and len(counts) == 2):
                rest, part = rest if in_list else rest + part, 0 if len(counts) == 1 else 1
        if part > PART_TOKENS or rest > PART_TOKENS:
            _refuse(model, f"takes at most {PART_TOKENS} values in a message, and in all beside the messages")


async def _end_of_text(data: bytes, at: int, pause: Pause) -> int:
    """Where the text that begins here has ended: behind its closing quote, or at the end of the data. Takes linear time."""
    while True:
        quote = data.find(b'"', at)
        if quote < 0:
            return len(data)
        begin, escaped = quote, 0
        while begin > at:
            run = data[max(at, begin - RUN) : begin]
            left = len(run.rstrip(b"\\"))
            escaped += len(run) - left
            begin -= len(run)
            if left:
                break
            await pause()
        at = quote + 1
        if escaped % 2 == 0:
            return at
        await pause()


def _parse_item(model: type[BaseModel], fields: dict[str, msgspec.Raw], name: str, place: int, item: msgspec.Raw) -> Any:
    try:
        return _item_of(model, name).validate_json(bytes(item))
    except ValidationError:
        try:
            _validate(model, fields, name, [item])
        except ValidationError as error:
            raise _moved(error, place) from None
        raise


@cache
def _item_of(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """What reads one item of a list, which may be one of several things that the field takes."""

    def list_in(annotation: Any) -> Any:
        if get_origin(annotation) is list:
            return get_args(annotation)[0]
        return next(filter(None, map(list_in, get_args(annotation))), None)

    return TypeAdapter(list_in(model.model_fields[name].annotation))


def _validate(model: type[M], fields: dict[str, msgspec.Raw], name: str, items: list[msgspec.Raw]) -> M:
    """The body with these messages in place of its own."""
    whole = {**fields, name: msgspec.Raw(b"[" + b",".join(bytes(item) for item in items) + b"]")}
    return model.model_validate_json(msgspec.json.encode(whole))


def _moved(error: ValidationError, place: int) -> ValidationError:
    """An error of a body's only message, as that of the message at this place."""

    def line(one: ErrorDetails) -> InitErrorDetails:
        where = (*one["loc"][: number(one)], place, *one["loc"][number(one) + 1 :])
        return InitErrorDetails(type=one["type"], loc=where, input=None, ctx=one.get("ctx", {}))

    def number(one: ErrorDetails) -> int:
        return next((at for at, part in enumerate(one["loc"]) if part == 0), 0)

    # Where the field takes something else than a list too, there are errors that name no place in it.
    found = [line(one) for one in error.errors(include_url=False, include_input=False) if number(one)]
    return ValidationError.from_exception_data(error.title, found) if found else error


def _error(model: type[BaseModel], kind: str | PydanticCustomError, place: Place, context: dict[str, Any]) -> ValidationError:
    return ValidationError.from_exception_data(model.__name__, [InitErrorDetails(type=kind, loc=place, input=None, ctx=context)])


def _refuse(model: type[BaseModel], sentence: str) -> NoReturn:
    raise _error(model, PydanticCustomError("value_error", "{error}", {"error": f"A body {sentence}"}), (), {})
