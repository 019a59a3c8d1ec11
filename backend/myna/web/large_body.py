"""Large JSON bodies, read without holding the event loop: message by message, in slices of time, and up to the first error."""

import asyncio
import re
import time
from functools import cache
from typing import Any, NoReturn, TypeVar, get_args

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]

LARGE = 16 * 1024  # bytes; a smaller body takes a millisecond or two at once, whatever is in it
SLICE_S = 0.002  # for which others wait at most, but for one message
LIST = "messages"  # the field of our bodies that makes them large
# What a large body may hold, so that each of its parts is quickly read: more than anybody has used.
FIELDS, ITEMS, DEPTH = 1_024, 10_000, 64  # of an object, of a list, of objects and lists in each other
TOKENS = 256  # between two looks at the clock

# A string (not ended at the end of the body, perhaps), or what structures a body. Possessive, so it takes linear time.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],]', re.DOTALL)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


async def parse_body(model: type[M], data: str | bytes) -> M:
    """The model that this body is JSON of. Raises `ValidationError`; of a large body's messages it names the first that is wrong."""
    data = data.encode() if isinstance(data, str) else data
    if len(data) <= LARGE:
        return model.model_validate_json(data)
    await _check_structure(model, data)
    if LIST not in model.model_fields:
        return model.model_validate_json(data)
    try:
        fields = _OBJECT.decode(data)
        items = _LIST.decode(fields.get(LIST, b""))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return model.model_validate_json(data)  # it says what is wrong
    most = next((rule.max_length for rule in model.model_fields[LIST].metadata if hasattr(rule, "max_length")), ITEMS)
    if len(items) > most:
        raise _error(model, "too_long", (LIST,), {"field_type": "List", "max_length": most, "actual_length": len(items)})
    first = _validate(model, fields, items[:1])
    return first.model_copy(update={LIST: await _parse_items(model, fields, items)})


async def _check_structure(model: type[BaseModel], data: bytes) -> None:
    """Raise for an object, list or nesting that is too large, before anything is made of it."""
    pause, commas = _Pause(), []
    for number, token in enumerate(_TOKEN.finditer(data)):
        kind = token[0]
        if kind in (b"{", b"["):
            commas.append([0, FIELDS if kind == b"{" else ITEMS])
            if len(commas) > DEPTH:
                _refuse(model, f"takes at most {DEPTH} objects and lists in each other")
        elif kind in (b"}", b"]"):
            if commas:
                commas.pop()
        elif kind == b"," and commas:
            commas[-1][0] += 1
            if commas[-1][0] >= commas[-1][1]:
                _refuse(model, f"takes at most {FIELDS} fields in an object and {ITEMS} items in a list")
        if number % TOKENS == 0:
            await pause()


async def _parse_items(model: type[BaseModel], fields: dict[str, msgspec.Raw], items: list[msgspec.Raw]) -> list[Any]:
    parsed, adapter, pause = [], _item_of(model), _Pause()
    for place, item in enumerate(items):
        try:
            parsed.append(adapter.validate_json(bytes(item)))
        except ValidationError:
            try:
                _validate(model, fields, [item])
            except ValidationError as error:
                raise _moved(error, place) from None
        await pause()
    return parsed


class _Pause:
    """Lets others run when `SLICE_S` have gone since they last did."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def __call__(self) -> None:
        if time.monotonic() - self._since > SLICE_S:
            await asyncio.sleep(0)
            self._since = time.monotonic()


@cache
def _item_of(model: type[BaseModel]) -> TypeAdapter[Any]:
    return TypeAdapter(get_args(model.model_fields[LIST].annotation)[0])


def _validate(model: type[M], fields: dict[str, msgspec.Raw], items: list[msgspec.Raw]) -> M:
    """The body with these messages in place of its own."""
    whole = {**fields, LIST: msgspec.Raw(b"[" + b",".join(bytes(item) for item in items) + b"]")}
    return model.model_validate_json(msgspec.json.encode(whole))


def _moved(error: ValidationError, place: int) -> ValidationError:
    """An error of a body's only message, as that of the message at this place."""

    def line(one: ErrorDetails) -> InitErrorDetails:
        where = (LIST, place, *one["loc"][2:]) if one["loc"][:2] == (LIST, 0) else one["loc"]
        return InitErrorDetails(type=one["type"], loc=where, input=None, ctx=one.get("ctx", {}))

    return ValidationError.from_exception_data(error.title, [line(one) for one in error.errors(include_url=False, include_input=False)])


def _error(model: type[BaseModel], kind: str | PydanticCustomError, place: Place, context: dict[str, Any]) -> ValidationError:
    return ValidationError.from_exception_data(model.__name__, [InitErrorDetails(type=kind, loc=place, input=None, ctx=context)])


def _refuse(model: type[BaseModel], sentence: str) -> NoReturn:
    raise _error(model, PydanticCustomError("value_error", "{error}", {"error": f"A body {sentence}"}), (), {})
