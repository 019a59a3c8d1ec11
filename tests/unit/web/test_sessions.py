"""Session tokens expire where nobody uses them, are renewed where somebody does, and outlive a change of the key."""

import pytest
from itsdangerous import Signer

from myna.core.fold_rules import FoldResult
from myna.protocol import timestamps
from myna.web import auth
from myna.web.auth import DAY_MS, Sessions
from tests.unit.log_events import ANN, BEN

KEY, NEXT_KEY = "a key that only these tests know, 0123", "another key that only these tests know"
NOW_MS = 1_800_000_000_000


class Clock:
    """The time of day, as the tests set it."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timestamps, "now_ms", lambda: clock.now_ms)
    return clock


def test_a_token_that_nobody_renews_ends(clock: Clock) -> None:
    sessions = Sessions(KEY, days=90)
    session = sessions.create()
    clock.now_ms += 90 * DAY_MS
    assert sessions.read(session.token) is not None
    clock.now_ms += 1
    assert sessions.read(session.token) is None


def test_a_token_that_is_used_never_ends(clock: Clock) -> None:
    sessions = Sessions(KEY, days=2)
    session = sessions.create()
    for _ in range(5):
        clock.now_ms += DAY_MS + 1
        read = sessions.read(session.token)
        assert read is not None
        renewed = sessions.renew(read)
        assert (renewed.owner, renewed.born_ms) == (session.owner, NOW_MS)
        assert renewed.token != session.token
        session = renewed


def test_a_token_of_today_is_not_renewed(clock: Clock) -> None:
    sessions = Sessions(KEY)
    session = sessions.create()
    clock.now_ms += DAY_MS
    read = sessions.read(session.token)
    assert read == session
    assert sessions.renew(read).token == session.token


def test_tokens_of_earlier_releases_are_read_and_age_from_their_owners_creation(clock: Clock) -> None:
    earlier = Signer(KEY, salt="chat-session").sign(f"{ANN}.{NOW_MS - 3 * DAY_MS}").decode()
    read = Sessions(KEY, days=90).read(earlier)
    assert read is not None
    assert (read.owner, read.born_ms, read.due) == (ANN, NOW_MS - 3 * DAY_MS, True)
    assert Sessions(KEY, days=2).read(earlier) is None


@pytest.mark.usefixtures("clock")
def test_a_new_key_signs_and_the_old_one_is_still_read() -> None:
    old = Sessions(KEY).create()
    both = Sessions(NEXT_KEY, KEY)
    read = both.read(old.token)
    assert read is not None
    assert (read.owner, read.due) == (old.owner, True)
    renewed = both.renew(read)
    assert Sessions(NEXT_KEY).read(renewed.token) == renewed
    assert Sessions(NEXT_KEY).read(old.token) is None
    assert Sessions(KEY).read(renewed.token) is None


@pytest.mark.parametrize("text", ["", "x", "a.b.c.d", f"{ANN}", f"{ANN}.", f"{ANN}.1.2.3", f"{ANN}.one", "\udc00"])
def test_what_is_signed_and_no_token_of_ours_opens_nothing(text: str) -> None:
    signed = Signer(KEY, salt="chat-session").sign(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogateescape")
    assert Sessions(KEY).read(signed) is None


def test_the_tokens_of_a_session_that_ended_open_nothing_as_far_as_that_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "ENDED_KEPT", 2)
    sessions = Sessions(KEY)
    ended, other = sessions.create(), sessions.create()
    sessions.observe(FoldResult(0, ended=[ended.owner]))
    assert sessions.read(ended.token) is None
    assert sessions.read(other.token) == other
    sessions.observe(FoldResult(1, ended=[ANN, BEN]))
    assert sessions.read(ended.token) == ended
