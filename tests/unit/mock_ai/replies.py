"""What the tests of the mock share: prompts drawn at random, and a reply taken apart."""

from hypothesis import strategies as st
from msgspec.structs import replace

from myna.mock_ai import BUILT_IN, PROFILES, End, Failure, MockBrain, Part, Prompt
from myna.mock_ai.port import ReplyStep

BRAIN = MockBrain()

MESSAGES = (
    "hi",
    "",
    "   \n ",
    "Why do bridges hum in the wind?",
    "I repotted the basil this morning.",
    "How do I tune a piano in 4 steps?",
    "five ideas for a rainy sunday",
    "compare tea and coffee",
    "write a rust function to count sparrows",
    "what is 12*7?",
    "give me a quote about patience",
    "who are you?",
    "日本の橋はなぜ美しいのですか？" * 4,
    "مرحبا، كيف حالك؟",
    "🇳🇴" * 40 + "👨\u200d👩\u200d👧\u200d👦" * 9,
    "{a} {0} {missing} %s }{",
    "/help",
    "/long 3",
    "/slow 2",
    "/sleep 3",
    "/fail timeout",
    "/fail nothing",
    "/cut",
    "/table 4",
    "/code go",
    "/words 50",
    "/markdown",
    "/emoji",
    "/rtl",
    "/echo  two  blanks\n\tand a tab ",
    "/nonsense",
)

texts = st.one_of(st.sampled_from(MESSAGES), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
prompts = st.builds(
    Prompt,
    key=st.uuids().map(str),
    text=texts,
    profile=st.sampled_from([None, *PROFILES]),
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    scenario=st.none() | st.none() | st.sampled_from(list(BUILT_IN.names())),
)


def whole(prompt: Prompt, brain: MockBrain = BRAIN) -> tuple[list[Part], End | Failure]:
    """The parts of an undisturbed reply, and its ending."""
    return apart(list(brain.steps(prompt)))


def apart(steps: list[ReplyStep]) -> tuple[list[Part], End | Failure]:
    """Parts and ending, checked to come in that shape; without the name of what the reply followed."""
    *parts, ending = steps
    assert not isinstance(ending, Part)
    return [part for part in parts if isinstance(part, Part)], replace(ending, rule=None)


def text_of(prompt: Prompt, brain: MockBrain = BRAIN) -> str:
    """The whole text of a reply."""
    return "".join(part.text for part in whole(prompt, brain)[0])


def answer(text: str, key: str = "key") -> str:
    """What the mock says to this, with nothing else asked."""
    return text_of(Prompt(key, text))
