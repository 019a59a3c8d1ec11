"""Named profiles: how fast the mock answers and how often it fails, as plain data with units."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Profile:
    """How a reply is paced and how often it goes wrong."""

    about: str
    first_after_s: tuple[float, float]  # time to the first part, seconds, drawn evenly between the two
    parts_per_s: float  # the mean rate after the first part; 0 with `whole`
    jitter: float = 0.5  # share of the mean gap that a gap may be shorter or longer; 0 is a metronome, 1 the most
    words_per_part: tuple[int, int] = (1, 2)  # drawn evenly for each part
    refused: float = 0.0  # share of replies that end in a retryable refusal
    cut: float = 0.0  # share of replies that end early with `length`
    failures: tuple[tuple[str, float], ...] = ()  # codes of failures, each with the share of replies that end in it
    whole: bool = False  # the whole text is one part
    tokens_per_s: float = 0.0  # instead of parts_per_s: a part takes as long as its words and signs
    stalls: float = 0.0  # share of parts before which the stream stands still
    stall_s: tuple[float, float] = (0.0, 0.0)  # for how long, seconds, drawn evenly between the two
    at_once: int | None = None  # replies that one responder makes side by side; more wait in line
    waiting: int | None = None  # how long the line may be; more are turned away as overloaded
    slower_from: int = 0  # with so many open replies waits begin to grow, in proportion; 0: they never do

    @property
    def goes_wrong(self) -> bool:
        """Whether some of its replies fail or are cut."""
        return bool(self.refused or self.cut or self.failures)

    @property
    def feels_load(self) -> bool:
        """Whether its replies wait for each other."""
        return self.at_once is not None or self.slower_from > 0


DEFAULT_PROFILE = "normal"

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        # For benchmarks: measures the pipeline, so the brain itself takes no time and one event carries the text.
        "instant": Profile("answers at once, in one part", (0.0, 0.0), 0.0, whole=True),
        # A small model on near hardware: about 120 words a second, faster than anyone reads.
        "fast": Profile("first words after 0.1 s, then quicker than you read", (0.05, 0.15), 60.0, 0.4, (1, 3)),
        # A hosted model on an ordinary day; 33 parts a second is one part every other frame of a 60 Hz screen.
        "normal": Profile("first words after half a second, then at a good analysis pace", (0.3, 0.6), 33.0, 0.6),
        # Five parts a second: slow enough to press stop, reload or pull a cable in the middle of a reply.
        "slow": Profile("five parts a second, time enough to interrupt it", (1.0, 2.0), 5.0, 0.5),
        # A model that reasons before it speaks: a long silence that must not look like a hang, then a quick stream.
        "thinking": Profile("says nothing for several seconds, then speaks quickly", (4.0, 8.0), 80.0, 0.4, (1, 3)),
        # Unreliable upstream: about one reply in three goes wrong, so every kind of ending is seen within minutes.
        "flaky": Profile("one reply in five fails, one in seven is cut short", (0.2, 0.8), 33.0, 0.9, refused=0.2, cut=0.14),
        # Everything that a client's error handling is for: three replies in five go wrong, on the wire as well.
        "faulty": Profile(
            "three replies in five fail: refused, cut off, reset, truncated or unreadable",
            (0.05, 0.15),
            60.0,
            0.4,
            (1, 3),
            failures=(
                ("rate_limited", 0.1),
                ("overloaded", 0.05),
                ("server_error", 0.1),
                ("connection_cut", 0.1),
                ("connection_reset", 0.05),
                ("broken_event", 0.1),
                ("truncated", 0.1),
            ),
        ),
        # A small server with too many users: it queues, slows down with its load, and turns away whom it can't queue.
        "busy": Profile(
            "four replies at once, slower the more there are; sixteen wait in line, more are turned away",
            (0.2, 0.4),
            40.0,
            0.4,
            at_once=4,
            waiting=16,
            slower_from=2,
        ),
        # A stream that stops and goes on: what a page and a client's idle limit must bear.
        "stalling": Profile(
            "stops in the middle for some seconds, again and again", (0.3, 0.6), 33.0, 0.6, stalls=0.04, stall_s=(2.0, 6.0)
        ),
        # A provider on a bad day: long waits, half the replies turned away, the rest at a crawl.
        "overloaded": Profile("long waits, and half the replies turned away", (2.5, 6.0), 8.0, 0.9, refused=0.5),
    }
)
