"""What the mock AI says in fault tests: replies long and slow enough to be hit in the middle, with a known text."""

import json
from pathlib import Path
from typing import Any

FORTY = [f"part {number} of forty, " for number in range(40)]
FORTY_TEXT = "".join(FORTY)


def write(folder: Path) -> Path:
    """The scenario file: `forty` is 40 parts of 20 ms; `long-forty` of 150 ms; `late` says one part after 0.5 s; `ten` is 10 of 10 ms."""
    scenarios = {
        "forty": {"parts": [{"text": text, "after_s": 0.02} for text in FORTY]},
        "long-forty": {"parts": [{"text": text, "after_s": 0.15} for text in FORTY]},
        "late": {"parts": [{"text": "late", "after_s": 0.5}]},
        "ten": {"parts": [{"text": text, "after_s": 0.01} for text in FORTY[:10]]},
    }
    path = folder / "scenarios.json"
    path.write_text(json.dumps({"version": 1, "scenarios": scenarios}))
    return path


def forty(number: int) -> dict[str, Any]:
    """A message whose reply is 40 parts in 0.8 s."""
    return {"text": f"message {number}", "options": {"scenario": "forty"}}


def long_forty(number: int) -> dict[str, Any]:
    """A message whose reply is 40 parts in 6 s."""
    return {"text": f"message {number}", "options": {"scenario": "long-forty"}}


def mixed(number: int) -> dict[str, Any]:
    """Mostly at once, sometimes ten parts, now and then forty."""
    if number % 7 == 3:
        return forty(number)
    return {"text": f"message {number}", **({"options": {"scenario": "ten"}} if number % 3 == 0 else {})}
