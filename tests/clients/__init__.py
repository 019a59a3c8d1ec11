"""Client libraries, unmodified, at a node's `/v1`. They live in an environment of their own: .venv/clients."""

import os

# Read when the libraries are imported: no telemetry, and no table of prices from elsewhere.
os.environ.update({"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false", "DO_NOT_TRACK": "1"})
