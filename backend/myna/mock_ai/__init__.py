"""The mock AI: makes replies without a model, the same way every time."""

from myna.mock_ai.brain import MockBrain
from myna.mock_ai.commands import COMMANDS, Command
from myna.mock_ai.library import BUILT_IN
from myna.mock_ai.port import Brain, End, Failure, HistoryMessage, Part, Prompt, ReplyStep, Tool, ToolCall
from myna.mock_ai.profiles import DEFAULT_PROFILE, PROFILES, Profile
from myna.mock_ai.scenario_file import KINDS, ScenarioError, canonical, parse_scenarios
from myna.mock_ai.scenario_source import ScenarioSource
from myna.mock_ai.scenarios import Scenarios
from myna.mock_ai.ticks import Ticks

__all__ = [
    "BUILT_IN",
    "COMMANDS",
    "DEFAULT_PROFILE",
    "KINDS",
    "PROFILES",
    "Brain",
    "Command",
    "End",
    "Failure",
    "HistoryMessage",
    "MockBrain",
    "Part",
    "Profile",
    "Prompt",
    "ReplyStep",
    "ScenarioError",
    "ScenarioSource",
    "Scenarios",
    "Ticks",
    "Tool",
    "ToolCall",
    "canonical",
    "parse_scenarios",
]
