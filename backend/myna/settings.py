"""Every setting with its default and its limits."""

from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "CHAT_"
AMQP_URLS = r"^amqps?://[^,]+(,\s*amqps?://[^,]+)*$"
SECRET_CHARACTERS, DIFFERENT_CHARACTERS = 32, 10  # 32 random hexadecimal digits (128 bits) nearly always have 10 different ones
HARD_TO_GUESS = f"{SECRET_CHARACTERS} or more characters, at least {DIFFERENT_CHARACTERS} of them different"


def _split(value: Any) -> Any:
    return [part.strip().rstrip("/") for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def is_guessable(secret: str) -> bool:
    """Whether a secret is shorter than `SECRET_CHARACTERS` or made of few different characters, as a placeholder is."""
    return len(secret) < SECRET_CHARACTERS or len(set(secret)) < DIFFERENT_CHARACTERS


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens at this address or name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(value: str) -> str:
    if is_guessable(value):
        raise ValueError("too easily guessed")
    return value


Networks = Annotated[list[IPv4Network | IPv6Network], NoDecode, BeforeValidator(_split)]
Secret = Annotated[str, AfterValidator(_secret)]


def _default_data_dir() -> Path:
    return Path.home() / ".local" / "share" / "myna"


class Settings(BaseSettings):
    """What an operator may decide. Every field is the environment variable `CHAT_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    amqp_url: Annotated[
        str | None, Field(pattern=AMQP_URLS, description="RabbitMQ, of a cluster every member; none: it is in this process")
    ] = None
    database_url: Annotated[str | None, Field(pattern=r"^postgres(ql)?://", description="Postgres; none: an embedded one is started")] = (
        None
    )
    database_app_url: Annotated[
        str | None,
        Field(pattern=r"^postgres(ql)?://", description="for migrate: the URL that nodes use; its role is made and given the rows"),
    ] = None
    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535, description="port to listen on; 0 takes a free one")] = 5055
    data_dir: Annotated[Path, Field(description="where the embedded broker and database keep their files")] = Field(
        default_factory=_default_data_dir
    )
    secret_key: Annotated[Secret | None, Field(description="signs session tokens; needed unless embedded")] = None
    secret_key_old: Annotated[
        Secret | None, Field(description="the secret key before this one: its tokens are still read, and replaced when they are renewed")
    ] = None
    secret_key_file: Annotated[Path | None, Field(description="a file that holds the secret key")] = None
    session_days: Annotated[float, Field(gt=0, le=400, description="days until a session ends that nobody uses")] = 90
    admin_token: Annotated[Secret | None, Field(description="opens the operator's routes: /metrics, /api/pipeline, /api/dead-letters")] = (
        None
    )
    operator_open: Annotated[
        bool, Field(description="open the operator's routes to everybody while there is no admin token; on loopback they are")
    ] = False
    lab: Annotated[
        bool | None,
        Field(description="the routes that break things on purpose, for operators; none: where all is embedded and on loopback alone"),
    ] = None
    allowed_origins: Annotated[
        list[str], NoDecode, BeforeValidator(_split), Field(description="further page origins, comma-separated (https://chat.example)")
    ] = []
    allowed_hosts: Annotated[
        list[str],
        NoDecode,
        BeforeValidator(_split),
        Field(description="host names to answer under, comma-separated; none: this machine's own where only it is listened to, else any"),
    ] = []
    brain: Annotated[Literal["mock", "openai"], Field(description="who answers: the mock AI, or a server with OpenAI's chat API")] = "mock"
    brain_url: Annotated[
        str | None, Field(pattern=r"^https?://", description="that server's base URL, which ends in /v1; none: OpenAI's own")
    ] = None
    brain_key: Annotated[str | None, Field(description="the key for that server")] = None
    brain_model: Annotated[str | None, Field(description="the model to name there; needed with CHAT_BRAIN=openai")] = None
    brain_timeout_s: Annotated[float, Field(gt=0, le=600, description="seconds of silence after which that server is given up")] = 50
    mock_profile: Annotated[str, Field(description="how fast and how reliably the mock AI answers unless told otherwise")] = "normal"
    mock_seed: Annotated[
        int | None, Field(ge=-(2**63), le=2**63 - 1, description="seed of messages that bring none; none: each is drawn anew")
    ] = None
    mock_speed: Annotated[float, Field(ge=0, le=1000, description="how many times faster the mock AI speaks; 0 waits for nothing")] = 1.0
    mock_scenarios: Annotated[Path | None, Field(description="a YAML, TOML or JSON file with scripted replies and rules")] = None
    openai: Annotated[bool, Field(description="the routes below /v1, OpenAI's dialect; off: 404")] = True
    openai_strict_models: Annotated[
        bool, Field(description="below /v1, reject a model that is none of ours; else any name is the default profile")
    ] = False
    log_level: Annotated[
        Literal["auto", "debug", "info", "warning", "error"],
        Field(description="the least that is logged; debug: a line for each step of every message; auto: warning on a terminal, else info"),
    ] = "auto"
    log_format: Annotated[Literal["auto", "console", "json"], Field(description="auto: console on a terminal, else json")] = "auto"
    traces: Annotated[
        bool, Field(description="send spans of each message's way by OTLP, as OTEL_EXPORTER_OTLP_ENDPOINT says; needs myna[otel]")
    ] = False
    metrics_port: Annotated[
        int | None,
        Field(
            ge=1, le=65_535, description="a further port for /metrics, which asks for no token: a responder's only one; none: there is none"
        ),
    ] = None
    management_url: Annotated[
        str | None, Field(pattern=r"^https?://", description="RabbitMQ's management page as people reach it, for links")
    ] = None
    front_dir: Annotated[Path, Field(description="the built page")] = Path(__file__).parent / "page"
    heartbeat_s: Annotated[int, Field(ge=1, le=300, description="seconds between pings to a socket")] = 20
    rate_per_s: Annotated[
        float, Field(gt=0, description="frames a second that one socket may send for long, and writes by HTTP that one owner may")
    ] = 100
    rate_burst: Annotated[
        int, Field(ge=1, description="frames that one socket may send at once, and writes by HTTP that one owner may")
    ] = 300
    # The bounds on what clients may cost; web/limits.py says what a client meets beyond each. An address is an IPv4 address, or a /64.
    trusted_proxies: Annotated[
        Networks, Field(description="networks whose X-Forwarded-For is believed, comma-separated (10.0.0.0/8)")
    ] = []  # fmt: skip
    unlimited_networks: Annotated[
        Networks,
        Field(description="networks whose clients no limit per address or owner is for, comma-separated: a load tester's (127.0.0.0/8)"),
    ] = []
    owners_per_address: Annotated[int, Field(ge=1, description="as many owners' reads, writes and frames may come from one address")] = 20
    max_sockets: Annotated[int, Field(ge=1, description="sockets on one node; beyond, 1013")] = 20_000
    max_sockets_per_address: Annotated[int, Field(ge=1, description="sockets of one address; beyond, 1013")] = 2_048
    max_sockets_per_owner: Annotated[int, Field(ge=1, description="sockets of one owner; beyond, 1013")] = 512
    max_connections_per_address: Annotated[int, Field(ge=1, description="TCP connections of one address")] = 3_072
    connections_per_s: Annotated[float, Field(gt=0, description="TCP connections that one address opens a second, for long")] = 400
    max_requests_per_address: Annotated[int, Field(ge=1, description="requests of one address in flight")] = 1_024
    max_requests_per_owner: Annotated[int, Field(ge=1, description="requests of one owner in flight")] = 256
    max_transfers_per_address: Annotated[int, Field(ge=1, description="exports and imports of one address in flight")] = 4
    new_sessions_per_s: Annotated[float, Field(gt=0, description="new owners that one address makes a second, for long")] = 25
    reads_per_s: Annotated[float, Field(gt=0, description="reads a second by HTTP that one owner may, for long")] = 50
    refusals_per_s: Annotated[
        float, Field(gt=0, description="requests of one address refused with 429 a second, for long; beyond, its connections are refused")
    ] = 50
    body_bytes_per_address: Annotated[int, Field(ge=1, description="bytes of bodies in flight, of one address")] = 20 * 1024 * 1024
    body_bytes_per_owner: Annotated[int, Field(ge=1, description="bytes of bodies in flight, of one owner")] = 16 * 1024 * 1024
    body_bytes_per_node: Annotated[int, Field(ge=1, description="bytes of bodies in flight, on one node")] = 128 * 1024 * 1024
    import_bytes_per_s: Annotated[
        float, Field(gt=0, description="bytes of imports that one address sends a second, for long; 8 MiB at once")
    ] = 256 * 1024
    control_frames_per_s: Annotated[float, Field(gt=0, description="pings, pongs and parts of messages of one socket a second")] = 50
    socket_bytes_per_s: Annotated[float, Field(gt=0, description="bytes of one socket a second")] = 2 * 1024 * 1024
    header_s: Annotated[float, Field(gt=0, le=300, description="seconds for a request's headers, and between two requests")] = 10
    body_s: Annotated[float, Field(gt=0, le=3600, description="seconds for a request's body")] = 60
    unread_s: Annotated[float, Field(gt=0, le=300, description="seconds in which a client may read nothing of what it was sent")] = 20
    keep_days: Annotated[
        float | None, Field(gt=0, description="days without a word after which a conversation is deleted; none: they are kept")
    ] = None
    log_days: Annotated[
        float, Field(ge=0.1, le=365, description="days that the log reaches back, at most; for RabbitMQ see docs/operations.md")
    ] = 7
    log_bytes: Annotated[
        int | None, Field(ge=16 * 1024**2, description="bytes of the log, at most; none: 4 GiB in RabbitMQ, 64 MiB embedded, in memory")
    ] = None
    abandoned_s: Annotated[
        float, Field(ge=1, le=3600, description="an open turn that nobody has worked on for so long ends in reply.failed")
    ] = 60
    prefetch: Annotated[int, Field(ge=1, le=1000, description="deliveries one responder has in hand at once")] = 256
    drain_s: Annotated[float, Field(ge=0, le=60, description="seconds a stopping process gives open replies to finish")] = 8

    @property
    def only_local(self) -> bool:
        """Whether only this machine reaches what listens; behind a proxy, all the world comes from this machine."""
        return is_loopback(self.host) and not self.trusted_proxies

    @property
    def lab_on(self) -> bool:
        """Whether operators may break things on purpose."""
        return self.embedded_broker and self.embedded_database and self.only_local if self.lab is None else self.lab

    @property
    def embedded_broker(self) -> bool:
        """Whether the broker runs in this process."""
        return self.amqp_url is None

    @property
    def embedded_database(self) -> bool:
        """Whether this process starts its own Postgres."""
        return self.database_url is None
