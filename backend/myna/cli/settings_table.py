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
    "What one client may cost": (
        "heartbeat_s", "rate_per_s", "rate_burst", "unlimited_networks", "owners_per_address", "max_sockets", "max_sockets_per_address",
        "max_sockets_per_owner", "max_connections_per_address", "connections_per_s", "max_requests_per_address",
        "max_requests_per_owner", "max_transfers_per_address", "new_sessions_per_s", "reads_per_s", "refusals_per_s",
        "body_bytes_per_address", "body_bytes_per_owner", "body_bytes_per_node", "import_bytes_per_s", "control_frames_per_s",
        "socket_bytes_per_s", "header_s", "body_s", "unread_s",
    ),
}  # fmt: skip
OF_RESPONDERS = ("Broker and database", "Who answers", "What is logged and measured")


def table(topics: Iterable[str] = tuple(TOPICS)) -> str:
    """The settings of these topics as text: name, meaning, default."""
    rows: list[str] = []
    for topic in topics:
        rows += ["", "\b", f"{topic}:"]
        rows += [_row(name) for name in TOPICS[topic]]
    return "\n".join(rows)


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    default = field.default_factory.__name__ if field.default_factory else field.default
    shown = "~/.local/share/myna" if name == "data_dir" else "the package's own" if name == "front_dir" else default
    return f"  {PREFIX}{name.upper():<22} {field.description}" + ("" if shown in (None, [], "") else f" [{shown}]")
