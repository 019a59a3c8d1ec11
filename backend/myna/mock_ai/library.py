"""The scenarios and rules that are always there, read from library.yaml beside this module."""

from pathlib import Path

from myna.mock_ai.scenario_file import parse_scenarios

BUILT_IN = parse_scenarios(Path(__file__).with_name("library.yaml").read_text(encoding="utf-8"))
