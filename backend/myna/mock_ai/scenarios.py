"""Scripts by name, and the rules that choose one by what was said. Plain data and matching; analysis files is the caller's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from myna.mock_ai.draft import Draft
from myna.mock_ai.patterns import MAX_SEARCHED


@dataclass(frozen=True, slots=True)
class Script:
    """A reply that was written beforehand."""

    name: str
    about: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Rule:
    """Chooses a script. Exactly one of the three ways to match is set; upper and lower case are the same to all."""

    script: str
    exact: str | None = None  # case-folded, blanks at both ends dropped
    contains: str | None = None  # case-folded
    regex: re.Pattern[str] | None = None  # sees the first MAX_SEARCHED characters

    def fits(self, text: str, folded: str) -> bool:
        """Whether the message is one for this rule; `folded` is its case-folded text without blanks at the ends."""
        if self.exact is not None:
            return self.exact == folded
        if self.contains is not None:
            return self.contains in folded
        return self.regex is not None and self.regex.search(text, 0, MAX_SEARCHED) is not None


@dataclass(frozen=True, slots=True)
class Scenarios:
    """All scripts and rules a brain knows. Rules are asked in order; the first that fits wins."""

    scripts: Mapping[str, Script]
    rules: tuple[Rule, ...] = ()

    def over(self, other: "Scenarios") -> "Scenarios":
        """Both together; where they disagree, these scripts replace the other's, and these rules are asked first."""
        rules = (*self.rules, *other.rules)
        return Scenarios({**other.scripts, **self.scripts}, rules)

    def match(self, text: str) -> Draft | None:
        """The script of the first rule that fits, or None."""
        if not self.rules:
            return None
        folded = text.strip().casefold()
        for rule in self.rules:
            if rule.fits(text, folded):
                return self.scripts[rule.script].draft
        return None
