"""`myna make-secrets`: the passwords and keys of a deployment, made once and kept in files.

docker-compose.yml runs it before anything else, with a volume for each service that is to read one of the folders.
"""

import base64
import hashlib
import json
import os
import secrets
from ipaddress import ip_address
from pathlib import Path

import click

from myna.protocol.errors import StartupError
from myna.settings import is_guessable, is_loopback

SALT_BYTES = 4  # RabbitMQ's salted SHA-256, https://www.rabbitmq.com/docs/passwords
# What a backend and a responder may touch in RabbitMQ: our queues and exchange, and the anonymous queue that each listens on.
APP_RESOURCES = r"^(chat(_.*)?|amq\.gen-.*)$"
DEFAULT_PASSWORD = "myna"  # noqa: S105 (of RabbitMQ's management while only this machine reaches it)


@click.command
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--bind", envvar="MYNA_BIND", default="127.0.0.1", show_default=True, help="The address at which the page is reached.")
@click.option("--user", envvar="RABBITMQ_USER", default="myna", show_default=True, help="Who logs in to RabbitMQ's management.")
@click.option("--password", envvar="RABBITMQ_PASSWORD", default=DEFAULT_PASSWORD, help="The password of that login.")
@click.option("--admin-token", envvar="CHAT_ADMIN_TOKEN", default="", help="What opens the operator's routes.")
def command(folder: Path, bind: str, user: str, password: str, admin_token: str) -> None:
    """Make what is missing of a deployment's secrets, and refuse to go public with default ones."""
    check_exposure(bind, password, admin_token, os.environ.get("CHAT_ALLOWED_HOSTS"))
    broker_password, owner_password, app_password = (kept(folder / "own" / name) for name in ("broker", "database-owner", "database-app"))
    write(folder / "postgres" / "password", owner_password)
    write(folder / "rabbitmq" / "rabbitmq.conf", "load_definitions = /etc/rabbitmq/myna/definitions.json\n")
    write(folder / "rabbitmq" / "definitions.json", definitions({user: (password, True), "myna-app": (broker_password, False)}))
    app_url = f"postgresql://myna_app:{app_password}@postgres:5432/myna"
    write(folder / "app" / "chat_secret_key", kept(folder / "own" / "session-key"))
    write(folder / "app" / "chat_amqp_url", f"amqp://myna-app:{broker_password}@rabbitmq:5672/")
    write(folder / "app" / "chat_database_url", app_url)
    write(folder / "owner" / "chat_database_url", f"postgresql://myna:{owner_password}@postgres:5432/myna")
    write(folder / "owner" / "chat_database_app_url", app_url)


def check_exposure(bind: str, password: str, admin_token: str, hosts: str | None) -> None:
    """Raise `StartupError` where others than this machine's people would reach a deployment with default secrets, or get 421 alone.

    `hosts` is `CHAT_ALLOWED_HOSTS`; None where it is not given.
    """
    try:
        is_local = ip_address(bind.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        raise StartupError(f"MYNA_BIND is {bind!r}, which is no IP address: 127.0.0.1, ::1, 0.0.0.0 or one of this machine's.") from None
    if is_local:
        if hosts is not None and not all(map(is_loopback, hosts.split(","))) and is_guessable(admin_token):
            raise StartupError(
                f"CHAT_ALLOWED_HOSTS is {hosts!r}, so others come through a proxy on this machine, and CHAT_ADMIN_TOKEN is needed: "
                "32 characters or more, not easily guessed."
            )
        return
    if is_guessable(password):
        raise StartupError(f"MYNA_BIND is {bind}, so RABBITMQ_PASSWORD is needed: 32 characters or more, not easily guessed.")
    if is_guessable(admin_token):
        raise StartupError(f"MYNA_BIND is {bind}, so CHAT_ADMIN_TOKEN is needed: 32 characters or more, not easily guessed.")
    if hosts is None:
        raise StartupError(
            f"MYNA_BIND is {bind}, so CHAT_ALLOWED_HOSTS is needed: the host names under which people come, comma-separated "
            "(chat.example.org), or empty for any; under another name the answer is 421."
        )


def kept(path: Path) -> str:
    """The secret in this file, made if there is none."""
    if not path.exists():
        write(path, secrets.token_urlsafe(32))
    return path.read_text()


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all. Who may read it is decided by who gets its volume."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.replace(path)


def definitions(users: dict[str, tuple[str, bool]]) -> str:
    """RabbitMQ's users (name → password, whether an administrator) and what each may do, as it imports them at every start."""
    rights = {name: ".*" if is_admin else APP_RESOURCES for name, (_, is_admin) in users.items()}
    return json.dumps({
        "vhosts": [{"name": "/"}],
        "users": [
            {
                "name": name,
                "password_hash": password_hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["administrator"] if is_admin else [],
            }
            for name, (password, is_admin) in users.items()
        ],
        "permissions": [
            {"user": name, "vhost": "/", "configure": pattern, "write": pattern, "read": pattern} for name, pattern in rights.items()
        ],
    })  # fmt: skip


def password_hash(password: str) -> str:
    """A password as RabbitMQ stores it: base64 of the salt and the SHA-256 of salt and password."""
    salt = secrets.token_bytes(SALT_BYTES)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
