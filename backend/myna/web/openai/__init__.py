"""OpenAI's chat API on the same queues."""
