"""Builds the brain that the settings name: the mock AI, or a server with OpenAI's chat API."""

from typing import assert_never

from myna.mock_ai import BUILT_IN, Brain, MockBrain, ScenarioError, ScenarioSource, Ticks
from myna.protocol.errors import StartupError
from myna.settings import Settings


def make_brain(settings: Settings) -> Brain:
    """Who answers. Raises `StartupError` that names the variable."""
    match settings.brain:
        case "mock":
            return _mock_brain(settings)
        case "openai":
            return _openai_brain(settings)
        case _:
            assert_never(settings.brain)


def _mock_brain(settings: Settings) -> Brain:
    source = None
    if settings.mock_scenarios is not None:
        try:
            source = ScenarioSource(settings.mock_scenarios, BUILT_IN)
        except (OSError, ScenarioError, UnicodeDecodeError) as error:
            raise StartupError(f"CHAT_MOCK_SCENARIOS: {settings.mock_scenarios}: {error}") from None
    try:
        return MockBrain(
            scenarios=source.current if source else None,
            profile=settings.mock_profile,
            seed=settings.mock_seed,
            speed=settings.mock_speed,
            poison=settings.lab_on,
            sleep=Ticks().sleep,
        )
    except ValueError as error:
        raise StartupError(f"CHAT_MOCK_PROFILE: {error}") from None


def _openai_brain(settings: Settings) -> Brain:
    if settings.brain_model is None:
        raise StartupError("CHAT_BRAIN_MODEL is needed with CHAT_BRAIN=openai: the model to name there.")
    try:
        from myna.openai_brain import OpenAIBrain  # a second that the mock need not spend, and a library it need not have
    except ImportError:
        raise StartupError("CHAT_BRAIN=openai needs the library openai: pip install 'myna[openai]'.") from None
    return OpenAIBrain(
        model=settings.brain_model,
        api_key=settings.brain_key or "none",
        base_url=settings.brain_url,
        timeout_s=settings.brain_timeout_s,
    )
