"""The page's types, of the socket's frames and of what the routes answer, are those of the backend's models."""

from tests import wire_types


def test_the_pages_frame_types_are_those_of_the_models() -> None:
    written = wire_types.WIRE.read_text()
    assert written == wire_types.source(), "run `python -m tests.wire_types` and commit front/src/protocol/wire.ts"


def test_the_pages_types_of_answers_are_those_of_the_models() -> None:
    written = wire_types.HTTP.read_text()
    assert written == wire_types.http_source(), "run `python -m tests.wire_types` and commit front/src/protocol/http.ts"
