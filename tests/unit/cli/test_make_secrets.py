"""The secrets of a deployment: made once, each where its reader finds it, and never default ones in public."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from myna import settings
from myna.cli.make_secrets import check_exposure, definitions, kept
from myna.protocol.errors import StartupError
from tests.unit.cli.test_cli import command

GOOD = "c0ffee5eedfacade0123456789abcdef"


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_was_made_once_is_kept(tmp_path: Path) -> None:
    assert command(tmp_path, "make-secrets", str(tmp_path)).returncode == 0
    first = files(tmp_path)
    assert command(tmp_path, "make-secrets", str(tmp_path)).returncode == 0
    again = files(tmp_path)
    salted = "rabbitmq/definitions.json"
    assert {**again, salted: ""} == {**first, salted: ""}
    assert set(first) >= {
        "app/chat_amqp_url",
        "app/chat_database_url",
        "app/chat_secret_key",
        "owner/chat_database_url",
        "postgres/password",
    }


def test_nodes_log_in_with_passwords_that_only_they_have(tmp_path: Path) -> None:
    command(tmp_path, "make-secrets", str(tmp_path))
    made = files(tmp_path)
    owner, app = made["postgres/password"], made["app/chat_database_url"]
    assert owner not in app
    assert owner in made["owner/chat_database_url"]
    loaded = settings.Settings(_secrets_dir=str(tmp_path / "app"), _env_file=None)
    assert (loaded.database_url, loaded.secret_key) == (app, made["app/chat_secret_key"])


def test_the_broker_knows_the_applications_user_by_hash_and_lets_it_touch_our_queues_alone() -> None:
    told = json.loads(definitions({"myna": ("secret", True), "myna-app": (GOOD, False)}))
    app = next(user for user in told["users"] if user["name"] == "myna-app")
    raw = base64.b64decode(app["password_hash"])
    assert raw[4:] == hashlib.sha256(raw[:4] + GOOD.encode()).digest()
    assert app["tags"] == []
    rights = {one["user"]: one["write"] for one in told["permissions"]}
    assert rights["myna"] == ".*"
    assert "chat" in rights["myna-app"]
    assert rights["myna-app"] != ".*"


@pytest.mark.parametrize("bind", ["localhost", "0.0.0.0:80", "chat.example.org"])
def test_a_name_to_listen_on_is_refused_in_one_sentence(bind: str) -> None:
    with pytest.raises(StartupError, match=r"MYNA_BIND is .* no IP address"):
        check_exposure(bind, "myna", "", None)


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1", "[::1]"])
def test_a_deployment_for_this_machine_alone_needs_no_secrets_of_ones_own(bind: str) -> None:
    check_exposure(bind, "myna", "", None)
    check_exposure(bind, "myna", "", "localhost,127.0.0.1")


@pytest.mark.parametrize(
    ("password", "token", "named"),
    [("myna", GOOD, "RABBITMQ_PASSWORD"), (GOOD, "", "CHAT_ADMIN_TOKEN"), (GOOD, "a" * 40, "CHAT_ADMIN_TOKEN")],
)
def test_a_public_one_with_a_default_or_guessable_secret_does_not_start(password: str, token: str, named: str) -> None:
    with pytest.raises(StartupError, match=f"MYNA_BIND is 0.0.0.0, so {named} is needed"):
        check_exposure("0.0.0.0", password, token, "chat.example.org")  # noqa: S104 (nothing listens)


@pytest.mark.parametrize("hosts", ["chat.example.org", "localhost,chat.example.org", ""])
def test_one_that_others_reach_through_a_proxy_does_not_start_with_its_operators_routes_open(hosts: str) -> None:
    with pytest.raises(StartupError, match=r"CHAT_ALLOWED_HOSTS is .* CHAT_ADMIN_TOKEN is needed"):
        check_exposure("127.0.0.1", "myna", "", hosts)
    check_exposure("127.0.0.1", "myna", GOOD, hosts)


def test_a_public_one_that_would_answer_nobody_does_not_start(tmp_path: Path) -> None:
    public = {"MYNA_BIND": "192.0.2.1", "RABBITMQ_PASSWORD": GOOD, "CHAT_ADMIN_TOKEN": GOOD[::-1]}
    refused = command(tmp_path, "make-secrets", str(tmp_path), **public)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert refused.stderr.startswith("myna: MYNA_BIND is 192.0.2.1, so CHAT_ALLOWED_HOSTS is needed")
    assert "421" in refused.stderr
    for hosts in ("chat.example.org", ""):
        assert command(tmp_path, "make-secrets", str(tmp_path), **public, CHAT_ALLOWED_HOSTS=hosts).returncode == 0


def test_a_public_one_with_good_secrets_starts() -> None:
    check_exposure("192.0.2.1", GOOD, GOOD[::-1], "chat.example.org")


@pytest.mark.parametrize("key", ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "changeme-changeme", " " * 40])
def test_a_guessable_session_key_stops_the_start_in_one_sentence(tmp_path: Path, key: str) -> None:
    done = command(tmp_path, "respond", CHAT_SECRET_KEY=key, CHAT_AMQP_URL="amqp://localhost/")
    assert done.returncode == 2
    assert done.stderr.startswith("myna: CHAT_SECRET_KEY")
    assert "32 or more characters" in done.stderr
    assert key not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_secret_is_kept_in_its_file(tmp_path: Path) -> None:
    assert kept(tmp_path / "deep" / "one") == kept(tmp_path / "deep" / "one")
