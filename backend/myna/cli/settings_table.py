"""The settings as `--help` prints them, by topic."""

from collections.abc import Iterable

from myna.settings import PREFIX, Settings

# What a responder has no use for stands in the topics of nodes alone.
TOPICS = {
    "Broker and database": (
        "amqp_url", "database_url", "database_app_url", "data_dir", "keep_days", "log_days", "log_bytes", "management_url",
    ),
    "Where people reach it": (
        "host", "port", "front_dir", "allowed_hosts", "allowed_origins", "trusted_proxies", "admin_token", "operator_open", "lab",
    ),
    "Sessions": ("secret_key", "secret_key_old", "secret_key_file", "session_days"),
    "Who answers": (
        "brain", "brain_url", "brain_key", "brain_model", "brain_timeout_s", "mock_profile", "mock_seed", "mock_speed", "mock_scenarios",
        "openai", "openai_strict_models", "prefetch", "abandoned_s", "drain_s",
    ),
    "What is logged and measured": ("log_level", "log_format", "metrics_port", "traces"),
}  # fmt: skip
LIMITS = "What one client may cost"  # every other setting
OF_RESPONDERS = ("Broker and database", "Who answers", "What is logged and measured")


def topic_of(name: str) -> str:
    """Under which heading a setting stands."""
    return next((topic for topic, names in TOPICS.items() if name in names), LIMITS)


def table(topics: Iterable[str] = (*TOPICS, LIMITS)) -> str:
    """The settings of these topics as text: name, meaning, default."""
    rows: list[str] = []
    for topic in topics:
        rows += ["", "\b", f"{topic}:"]
        rows += [_row(name) for name in Settings.model_fields if topic_of(name) == topic]
    return "\n".join(rows)


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    default = field.default_factory.__name__ if field.default_factory else field.default
    shown = "~/.local/share/myna" if name == "data_dir" else "the package's own" if name == "front_dir" else default
    return f"  {PREFIX}{name.upper():<22} {field.description}" + ("" if shown in (None, [], "") else f" [{shown}]")
