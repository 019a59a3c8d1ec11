"""The checker's answer: counts of what happened, and a sentence for each promise that was broken. No logic of its own."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = ("lost", "duplicated", "reordered", "gaps", "mismatched", "misplaced", "leaked", "unexpected")


@dataclass
class Verdict:
    """`broken` has one list of sentences for each of KINDS; all empty: every promise was kept."""

    clients: int = 0
    sockets: int = 0
    resumed: int = 0
    sent: int = 0
    repeats: int = 0
    accepted: int = 0
    answered: int = 0
    stored: int = 0
    deltas: int = 0
    failed: Counter[str] = field(default_factory=Counter)  # reply.failed by code: answered, though not with a text
    refused: Counter[str] = field(default_factory=Counter)  # error frames by code
    closed: Counter[int] = field(default_factory=Counter)  # sockets by close code
    broken: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def add(self, kind: str, sentence: str) -> None:
        """One broken promise."""
        self.broken[kind].append(sentence)

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.broken.values())

    def table(self) -> str:
        """For people: counts first, then each kind, then the first broken promises in words."""
        counts = ("clients", "sockets", "resumed", "sent", "repeats", "accepted", "answered", "stored", "deltas")
        lines = [f"  {name:<12}{getattr(self, name):>10,}" for name in counts]
        for name, counter in (("failed", self.failed), ("refused", self.refused), ("closed", self.closed)):
            if counter:
                lines.append(f"  {name:<12}" + ", ".join(f"{key} {count:,}" for key, count in sorted(counter.items(), key=str)))
        lines += [f"  {kind:<12}{len(sentences):>10,}" for kind, sentences in self.broken.items()]
        for kind, sentences in self.broken.items():
            lines += [f"  {kind}: {sentence}" for sentence in sentences[:10]]
        return "\n".join(lines)
