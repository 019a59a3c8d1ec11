"""The mock AI: makes replies without a model, the same way every time."""

from myna.mock_ai.brain import MockBrain
from myna.mock_ai.commands import COMMANDS, Command
from myna.mock_ai.port import Brain, End, Failure, Part, Prompt, ReplyStep
from myna.mock_ai.profiles import DEFAULT_PROFILE, PROFILES, Profile
from myna.mock_ai.scenario_file import ScenarioError, parse_scenarios
from myna.mock_ai.scenarios import Scenarios

__all__ = [
    "COMMANDS",
    "DEFAULT_PROFILE",
    "PROFILES",
    "Brain",
    "Command",
    "End",
    "Failure",
    "MockBrain",
    "Part",
    "Profile",
    "Prompt",
    "ReplyStep",
    "ScenarioError",
    "Scenarios",
    "parse_scenarios",
]
