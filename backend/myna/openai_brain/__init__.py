"""A brain that passes each prompt on to a server which speaks OpenAI's chat API."""

from myna.openai_brain.brain import OpenAIBrain

__all__ = ["OpenAIBrain"]
