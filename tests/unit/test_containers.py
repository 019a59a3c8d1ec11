"""docker-compose.yml and the Dockerfiles keep to rules that a container which is broken into would miss."""

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "build" in service}
# RabbitMQ writes its configuration below /etc. It has a page for people on this machine, and so have Prometheus and Grafana.
WRITABLE = {"rabbitmq", "lab-rabbitmq"}
ON_LOOPBACK = {"rabbitmq", "prometheus", "grafana", "lab-rabbitmq", "lab-front"}
LAB = {name for name, service in SERVICES.items() if service.get("profiles") == ["lab"]}
# What an image whose entry point starts as root needs to step down.
CAPABILITIES = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
DOCKERFILES = sorted(ROOT.glob("Dockerfile.*"))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", ())) <= (set() if name in OURS else CAPABILITIES)
    assert not service.keys() & {"privileged", "devices", "pid", "ipc", "userns_mode"}
    assert service.get("network_mode", "none") == "none"
    assert service.get("read_only") is True or name in WRITABLE


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_of_the_machine_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"] <= 1_024
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert all("size=" in mount for mount in service.get("tmpfs", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_sees_nothing_of_the_host_and_publishes_nothing_but_where_it_is_told(name: str) -> None:
    service = SERVICES[name]
    mounts = [mount.split(":")[0] for mount in service.get("volumes", ())]
    assert set(mounts) <= COMPOSE["volumes"].keys(), "named volumes alone"
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:" if name in ON_LOOPBACK else "${MYNA_BIND:-127.0.0.1}:")


def test_only_what_passes_requests_on_is_in_both_networks_and_the_inner_one_leads_nowhere() -> None:
    for prefix in ("", "lab-"):
        assert COMPOSE["networks"][f"{prefix}back"] == {"internal": True}
        both = {name for name, service in SERVICES.items() if {f"{prefix}front", f"{prefix}back"} <= set(service.get("networks", ()))}
        assert both == {f"{prefix}backend"}


def test_what_is_broken_in_the_laboratory_reaches_nothing_outside_of_it() -> None:
    def used(names: set[str], what: str, common: set[str]) -> set[str]:
        return {mount.split(":")[0] for name in names for mount in SERVICES[name].get(what, ())} - common

    assert {f"lab-{name}" for name in ("rabbitmq", "postgres", "migrate", "backend", "responder", "front")} == LAB
    assert not used(LAB, "networks", {"management"}) & used(SERVICES.keys() - LAB, "networks", set())
    read_alone = {volume for volume in COMPOSE["volumes"] if volume.startswith("secrets-")}
    assert not used(LAB, "volumes", read_alone) & used(SERVICES.keys() - LAB, "volumes", set())
    switched_on = {name for name, service in SERVICES.items() if (service.get("environment") or {}).get("CHAT_LAB")}
    assert switched_on == {"lab-backend", "lab-responder"}, "elsewhere by CHAT_LAB=true alone"


@pytest.mark.parametrize("name", SERVICES.keys() - OURS)
def test_a_foreign_image_has_a_version(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*(@sha256:[0-9a-f]{64})?", SERVICES[name]["image"])


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.name)
def test_an_image_of_ours_runs_as_nobody_in_particular_and_builds_on_versions(file: Path) -> None:
    lines = file.read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    for line in lines:
        if line.startswith("FROM "):
            assert re.match(r"FROM [\w./-]+:\d", line), line
        assert not line.startswith("ADD "), "COPY says what it does"


def test_no_secret_is_written_down() -> None:
    given = {
        f"{name}: {key}": str(value)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if re.search(r"PASSWORD|TOKEN|SECRET|KEY", key) and value is not None
    }
    kept = {key: value for key, value in given.items() if not value.startswith(("/secrets", "/run/secrets"))}
    assert kept == {"secrets: RABBITMQ_PASSWORD": "${RABBITMQ_PASSWORD:-myna}"}, "refused by make-secrets where others can reach it"


@pytest.mark.parametrize(("setting", "expected"), [("chat.example.org,localhost", "chat.example.org"), ("", "localhost")])
def test_the_backends_health_is_asked_under_a_name_at_which_it_answers(setting: str, expected: str) -> None:
    line = next(line for line in (ROOT / "Dockerfile.backend").read_text().splitlines() if line.strip().startswith('CMD ["python", "-c"'))
    _, option, code = json.loads(line.strip().removeprefix("CMD "))
    asked: list[str | None] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Host"])
            self.send_response(200)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        environment = {"CHAT_PORT": str(server.server_port), "CHAT_ALLOWED_HOSTS": setting}
        done = subprocess.run([sys.executable, option, code], env=environment, capture_output=True, text=True, check=False, timeout=60)
        thread.join(60)
    assert (done.returncode, asked) == (0, [expected]), done.stderr
