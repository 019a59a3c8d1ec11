"""The promise that lets another responder go on in the middle of a reply."""

import asyncio
import json
import os
import subprocess
import sys
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from myna.mock_ai import PROFILES, End, Failure, HistoryMessage, MockBrain, Part, Prompt
from myna.mock_ai.pacing import RESUMED_AFTER_S
from myna.mock_ai.parts import MAX_BYTES, MAX_PARTS
from tests.unit.mock_ai.replies import BRAIN, MESSAGES, apart, prompts, text_of, whole

EVERY = 5  # parts: as there are ten profiles, each part of a message is tried under two of them


@given(prompts)
def test_another_brain_says_the_same_with_the_same_waits(prompt: Prompt) -> None:
    assert list(MockBrain().steps(prompt)) == list(BRAIN.steps(prompt))


@given(prompts)
def test_a_reply_that_goes_on_at_any_part_is_the_tail_of_the_undisturbed_one(prompt: Prompt) -> None:
    undisturbed = list(BRAIN.steps(prompt))
    for start in range(1, min(len(undisturbed) + 2, 60)):
        resumed = list(BRAIN.steps(prompt, start=start))
        tail = undisturbed[start:] or undisturbed[-1:]
        assert resumed[1:] == tail[1:]
        assert type(resumed[0]) is type(tail[0])
        assert getattr(resumed[0], "text", None) == getattr(tail[0], "text", None)
        assert resumed[0].after_s == min(tail[0].after_s, RESUMED_AFTER_S)


@given(prompts)
def test_every_reply_is_parts_with_text_and_then_one_ending_within_the_limits(prompt: Prompt) -> None:
    parts, ending = whole(prompt)
    assert isinstance(ending, End | Failure)
    assert all(part.text and part.after_s >= 0 for part in parts)
    assert ending.after_s >= 0
    assert len(parts) <= MAX_PARTS
    assert len("".join(part.text for part in parts).encode()) <= MAX_BYTES


def test_every_message_resumes_right_at_every_part_and_under_every_profile() -> None:
    for text in MESSAGES:
        for number, profile in enumerate(PROFILES):
            prompt = Prompt("one key", text, profile, seed=3)
            undisturbed = list(BRAIN.steps(prompt))
            for start in range(number % EVERY, len(undisturbed), EVERY):
                assert list(BRAIN.steps(prompt, start=start))[1:] == undisturbed[start + 1 :]


def test_the_key_and_the_seed_each_change_what_is_said() -> None:
    message = "Why do bridges hum in the wind?"
    by_key = {text_of(Prompt(str(n), message)) for n in range(40)}
    by_seed = {text_of(Prompt("key", message, seed=n)) for n in range(40)}
    assert len(by_key) > 35
    assert len(by_seed) > 35


@given(prompts, st.integers(-(2**63), 2**63 - 1))
def test_the_same_message_with_the_same_seed_gets_the_same_reply_part_by_part_however_often_it_is_sent(prompt: Prompt, seed: int) -> None:
    sent, again = replace(prompt, seed=seed), replace(prompt, key=str(uuid4()), seed=seed)
    assert list(BRAIN.steps(sent)) == list(MockBrain(seed=9).steps(again))


def test_with_a_seed_other_words_are_answered_otherwise() -> None:
    assert len({text_of(Prompt("key", f"Why do {what} hum?", seed=3)).replace(what, "") for what in ("bridges", "wires", "bees")}) == 3


def test_a_prompt_without_a_seed_is_drawn_from_its_key_unless_the_brain_has_a_seed() -> None:
    asked = "Why do bridges hum?"
    assert len({text_of(Prompt(str(n), asked)) for n in range(40)}) > 35
    seeded = MockBrain(seed=7)
    assert {text_of(Prompt(str(n), asked), seeded) for n in range(40)} == {text_of(Prompt("key", asked, seed=7))}
    assert text_of(Prompt("key", asked, seed=8), seeded) == text_of(Prompt("key", asked, seed=8))


def test_with_a_seed_the_conversation_before_decides_too() -> None:
    history = (HistoryMessage("user", "Tell me about salt."), HistoryMessage("assistant", "Gladly."))
    replies = {text_of(Prompt("key", "Go on.", seed=3, history=path)) for path in ((), history, history[:1])}
    assert len(replies) == 3
    assert text_of(Prompt("key", "Go on.", seed=3, history=history)) == text_of(Prompt("other", "Go on.", seed=3, history=history))


async def test_the_speed_divides_every_wait_and_zero_waits_for_nothing() -> None:
    waits: dict[float, list[float]] = {0: [], 1: [], 10: []}
    for speed, waited in waits.items():

        async def sleep(seconds: float, waited: list[float] = waited) -> None:
            waited.append(seconds)

        brain = MockBrain(speed=speed, sleep=sleep)
        assert [step async for step in brain.reply(Prompt("key", "/words 30"))] == list(BRAIN.steps(Prompt("key", "/words 30")))
    assert waits[0] == []
    assert waits[10] == [wait / 10 for wait in waits[1]]
    assert len(waits[1]) > 10


def test_another_process_with_another_hash_seed_says_the_same() -> None:
    program = (
        "import json\nfrom myna.mock_ai import MockBrain, Prompt\n"
        "print(json.dumps([[s.text for s in list(MockBrain().steps(Prompt(str(n), 'How do I tune a piano?', p)))[:-1]]"
        " for n in range(5) for p in ('fast', 'flaky')]))"
    )
    told = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=60)
        told.append(json.loads(ran.stdout))
    here = [
        [part.text for part in whole(Prompt(str(n), "How do I tune a piano?", profile))[0]]
        for n in range(5)
        for profile in ("fast", "flaky")
    ]
    assert told == [here, here]


@settings(deadline=None)
@given(prompts)
async def test_reply_waits_as_long_as_each_part_says_and_never_for_nothing(prompt: Prompt) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    said = [one async for one in MockBrain(sleep=sleep).reply(prompt)]
    assert said == list(BRAIN.steps(prompt))
    assert waits == [one.after_s for one in said if one.after_s > 0]


async def test_a_part_is_handed_over_only_after_its_wait() -> None:
    woken = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await woken.wait()

    reply = MockBrain(sleep=sleep).reply(Prompt("key", "/echo hello"))
    first = asyncio.ensure_future(anext(reply))
    await asyncio.sleep(0)
    assert not first.done()
    woken.set()
    assert isinstance(await asyncio.wait_for(first, 30), Part)


async def test_reply_goes_on_where_it_is_told_to() -> None:
    async def sleep(seconds: float) -> None:
        return

    prompt = Prompt("key", "/words 30")
    said = [one async for one in MockBrain(sleep=sleep).reply(prompt, start=4)]
    assert [part.text for part in apart(said)[0]] == [part.text for part in whole(prompt)[0]][4:]
