"""Bar charts as SVG, readable on a light and on a dark page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 320
LEFT, TOP, BOTTOM = 16, 72, 36  # margins
GAP = 28  # between two groups of bars
# Ours stands out; the others are shades that differ in lightness too, for those who don't tell colours apart.
COLOURS = ("#0f9d76", "#9aa3b2", "#6b7485", "#454d5c")
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#3b4252}.title{font-weight:600;font-size:15px}.value{font-size:11px}"
    "@media(prefers-color-scheme:dark){text{fill:#d8dee9}}"
)


@dataclass(frozen=True)
class Series:
    """One target's values, one for each group."""

    name: str
    values: Sequence[float]


def bar_chart(title: str, groups: Sequence[str], series: Sequence[Series], *, logarithmic: bool = False) -> str:
    """A chart with a group of bars for each of `groups`, one bar in it for each series."""
    most = max(value for one in series for value in one.values)
    wide = (WIDTH - 2 * LEFT - GAP * (len(groups) - 1)) / len(groups)
    bar = wide / len(series)
    room = HEIGHT - TOP - BOTTOM

    def height(value: float) -> float:
        return room * (math.log1p(value) / math.log1p(most) if logarithmic else value / most) if most else 0.0

    shapes = []
    for at, group in enumerate(groups):
        left = LEFT + at * (wide + GAP)
        shapes.append(f'<text x="{left + wide / 2:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(group)}</text>')
        for place, one in enumerate(series):
            x, tall = left + place * bar, height(one.values[at])
            y = HEIGHT - BOTTOM - tall
            shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar - 3:.1f}" height="{tall:.1f}" rx="2" fill="{COLOURS[place]}"/>')
            value = f"{one.values[at]:,.0f}" if one.values[at] >= 100 else f"{one.values[at]:.1f}"
            shapes.append(f'<text class="value" x="{x + bar / 2 - 1:.1f}" y="{y - 5:.1f}" text-anchor="middle">{value}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    name = f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>'
    return "\n".join([head, f"<style>{STYLE}</style>", name, _legend(series), *shapes, "</svg>", ""])


def _legend(series: Sequence[Series]) -> str:
    parts, x = [], float(LEFT)
    for place, one in enumerate(series):
        parts.append(f'<rect x="{x:.0f}" y="36" width="11" height="11" rx="2" fill="{COLOURS[place]}"/>')
        parts.append(f'<text x="{x + 16:.0f}" y="46">{escape(one.name)}</text>')
        x += 36 + 7.2 * len(one.name)
    return "".join(parts)
