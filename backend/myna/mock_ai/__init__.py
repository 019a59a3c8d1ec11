"""The mock AI: a responder's brain that answers without a model, the same way every time. No I/O, no framework."""

from myna.mock_ai.brain import MockBrain
from myna.mock_ai.commands import COMMANDS, Command
from myna.mock_ai.port import Brain, End, Part, Prompt, Refusal, Said
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
    "MockBrain",
    "Part",
    "Profile",
    "Prompt",
    "Refusal",
    "Said",
    "ScenarioError",
    "Scenarios",
    "parse_scenarios",
]
