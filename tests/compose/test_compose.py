"""docker-compose.yml, built and used the way a person does. Needs a container engine; `make compose-test` runs it.

The tests stand in the order of a life: up, used, scaled, killed, down. They share one project of their own, whose volumes go with it.
"""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.services.budgets import budget
from tests.services.processes import free_ports

pytestmark = [pytest.mark.compose, pytest.mark.timeout(budget(300))]

ROOT = Path(__file__).parents[2]
PROJECT = "myna-test"
PORT, LAB_PORT = free_ports(2)
PAGE, LAB = f"http://localhost:{PORT}", f"http://localhost:{LAB_PORT}"
MANAGEMENT = "http://127.0.0.1:15672/api"
PATIENCE_S = 60


def compose(*arguments: str, check: bool = True) -> str:
    """Run docker compose and return what it printed; its complaints stay visible."""
    environment = {**os.environ, "MYNA_PORT": str(PORT), "MYNA_LAB_PORT": str(LAB_PORT), "COMPOSE_PROJECT_NAME": PROJECT}
    command = ["docker", "compose", "--env-file", "/dev/null", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"docker compose {' '.join(arguments)} failed:\n{compose('logs', '--tail=40', check=False)}")
    return done.stdout


def running() -> list[dict[str, Any]]:
    """The containers of the project, those that ended too."""
    return [json.loads(line) for line in compose("ps", "--all", "--format", "json").splitlines()]


@pytest.fixture(scope="module", autouse=True)
def stack() -> Iterator[None]:
    compose("--profile", "lab", "down", "--volumes", "--remove-orphans")
    try:
        compose("build", "--quiet")
        compose("up", "--detach", "--wait", "--quiet-pull")
        yield
    finally:
        compose("--profile", "lab", "down", "--volumes", "--remove-orphans")


class Person:
    """Somebody at a browser: one socket, one conversation."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.conversation = str(uuid4())
        self.token = self.epoch = self.cursor = ""

    async def receive(self, kind: str) -> dict[str, Any]:
        """Wait for a frame of that type and return it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                assert frame["type"] not in ("error", "reply.failed"), frame
                self.cursor = frame.get("cursor", self.cursor)
                if frame["type"] == kind:
                    return frame

    async def say(self, text: str) -> dict[str, Any]:
        """Send a message and return the completed reply."""
        message = {"type": "message.send", "id": str(uuid4()), "conversation_id": self.conversation, "text": text}
        await self.socket.send(json.dumps(message))
        await self.receive("message.accepted")
        reply = await self.receive("reply.completed")
        assert reply["message_id"] == message["id"]
        return reply


@pytest.fixture
async def person() -> AsyncIterator[Person]:
    async with connect(f"ws://localhost:{PORT}/ws", origin=PAGE) as socket:  # type: ignore[arg-type]
        person = Person(socket)
        welcome = await person.receive("welcome")
        person.token, person.epoch = welcome["token"], welcome["epoch"]
        yield person


def eventually(look: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < end, what
        time.sleep(0.5)


def all_healthy() -> bool:
    """Whether every container that runs is well; what has no health check counts as well."""
    return all(one["Health"] in ("healthy", "") for one in running() if one["State"] == "running")


def test_the_page_answers_with_its_headers_and_its_files() -> None:
    page = httpx.get(PAGE, trust_env=False)
    assert page.status_code == 200
    assert '<div id="root">' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-cache"
    script = page.text.split('src="/assets/')[1].split('"')[0]
    asset = httpx.get(f"{PAGE}/assets/{script}", trust_env=False)
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]


def test_a_deep_link_is_the_page_and_a_wrong_address_or_a_file_of_an_older_build_is_not() -> None:
    assert httpx.get(f"{PAGE}/c/{uuid4()}", trust_env=False).status_code == 200
    assert httpx.get(f"{PAGE}/healthz", trust_env=False).status_code == 404
    gone = httpx.get(f"{PAGE}/assets/index-older.js", trust_env=False)
    assert gone.status_code == 404
    assert "immutable" not in gone.headers.get("cache-control", "")


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/docs", "/openapi.json", "/asyncapi.json"])
def test_the_backends_public_paths_are_passed_on(path: str) -> None:
    assert httpx.get(PAGE + path, trust_env=False).status_code == 200


def test_metrics_stay_inside() -> None:
    assert httpx.get(f"{PAGE}/metrics", trust_env=False).status_code == 404


async def test_a_message_on_the_socket_is_answered_and_stored(person: Person) -> None:
    reply = await person.say("hello")
    assert reply["text"]
    count = f"select count(*) from messages where conversation_id = '{person.conversation}'"  # noqa: S608 (our uuid)

    def stored() -> bool:
        asked = compose("exec", "-T", "postgres", "psql", "-U", "myna", "-d", "myna", "-Atc", count, check=False)
        return asked.strip() == "2"

    await asyncio.to_thread(eventually, stored, "two rows of the conversation")


async def test_frames_are_not_compressed(person: Person) -> None:
    assert person.socket.protocol.extensions == []


def test_a_foreign_page_may_not_open_the_socket() -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "https://evil.example"}
    assert httpx.get(f"{PAGE}/ws", headers=upgrade | key, trust_env=False).status_code == 403


def test_the_completion_dialect_streams_through_nginx_as_it_goes() -> None:
    key = {"Authorization": "Bearer anything"}
    model = httpx.get(f"{PAGE}/v1/models", headers=key, trust_env=False).json()["data"][0]["id"]
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "tell me a story"}]}
    with httpx.stream("POST", f"{PAGE}/v1/chat/completions", json=body, headers=key, timeout=PATIENCE_S, trust_env=False) as answer:
        assert answer.status_code == 200
        arrivals = [time.monotonic() for line in answer.iter_lines() if line.startswith("data: ")]
    assert len(arrivals) > 2
    assert arrivals[-1] - arrivals[0] > 0.1, "it came in one piece"


def test_management_shows_both_queues_on_this_machine_alone() -> None:
    queues = httpx.get(f"{MANAGEMENT}/queues", auth=("myna", "myna"), trust_env=False).json()
    kinds = {queue["name"]: queue["type"] for queue in queues}
    assert kinds["chat_queue"] == "quorum"
    assert kinds["chat_responses"] == "stream"
    published = {(port["URL"], port["PublishedPort"]) for one in running() for port in one["Publishers"] or [] if port["PublishedPort"]}
    assert {port for _, port in published} == {PORT, 15672}
    assert {address for address, port in published if port == 15672} == {"127.0.0.1"}


def test_nothing_listens_beyond_this_machine_unless_told_to() -> None:
    published = {port["URL"] for one in running() for port in one["Publishers"] or [] if port["PublishedPort"]}
    assert published == {"127.0.0.1"}


def test_backends_log_in_to_broker_and_database_with_no_more_rights_than_they_need() -> None:
    users = httpx.get(f"{MANAGEMENT}/users", auth=("myna", "myna"), trust_env=False).json()
    assert {user["name"]: user["tags"] for user in users} == {"myna": ["administrator"], "myna-app": []}
    rights = httpx.get(f"{MANAGEMENT}/users/myna-app/permissions", auth=("myna", "myna"), trust_env=False).json()
    assert [one["write"] for one in rights] == [r"^(chat(_.*)?|amq\.gen-.*)$"]
    may = "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = 'myna_app'"
    assert compose("exec", "-T", "postgres", "psql", "-U", "myna", "-d", "myna", "-Atc", may).strip() == "f"
    used = "select distinct usename from pg_stat_activity where application_name = 'myna'"
    assert compose("exec", "-T", "postgres", "psql", "-U", "myna", "-d", "myna", "-Atc", used).strip() == "myna_app"


def test_a_backend_does_not_see_the_owners_secrets() -> None:
    assert compose("exec", "-T", "backend", "sh", "-c", "ls /secrets/owner /secrets/own /secrets/postgres").split() == [
        "/secrets/own:", "/secrets/owner:", "/secrets/postgres:",
    ]  # fmt: skip


def test_a_start_that_others_could_reach_with_default_passwords_ends_in_one_sentence() -> None:
    environment = {**os.environ, "MYNA_BIND": "0.0.0.0", "COMPOSE_PROJECT_NAME": PROJECT}  # noqa: S104 (it does not start)
    command = ["docker", "compose", "--env-file", "/dev/null", "run", "--rm", "--no-deps", "secrets"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        "myna: MYNA_BIND is 0.0.0.0, so RABBITMQ_PASSWORD is needed: 32 characters or more, not easily guessed."
        in done.stderr + done.stdout
    )


def test_nothing_of_ours_runs_as_root() -> None:
    for service in ("backend", "responder", "front"):
        assert compose("exec", "-T", service, "id", "-u").strip() != "0"


@pytest.fixture
def laboratory() -> Iterator[None]:
    compose("--profile", "lab", "up", "--detach", "--wait")
    try:
        yield
    finally:
        services = {one["Service"] for one in running() if one["Service"].startswith("lab-")}
        compose("--profile", "lab", "rm", "--force", "--stop", *services)


async def test_the_profile_lab_is_a_pipeline_to_break_and_leaves_the_first_one_alone(laboratory: None, person: Person) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as operator:
        assert (await operator.get(f"{PAGE}/api/lab")).status_code == 404
        offered = (await operator.get(f"{LAB}/api/lab")).json()
        assert (offered["broker"], offered["database"], len(offered["faults"])) == ("rabbitmq", "postgres", 9)
        async with connect(f"ws://localhost:{LAB_PORT}/ws", origin=LAB) as socket:  # type: ignore[arg-type]
            there = Person(socket)
            epoch = (await there.receive("welcome"))["epoch"]
            assert epoch != person.epoch
            assert (await operator.post(f"{LAB}/api/lab/faults/end_responder", json={"after_part": 3})).status_code == 202
            assert (await there.say("tell me a story"))["text"]
            assert (await operator.post(f"{LAB}/api/lab/faults/replace_log")).status_code == 202
        assert (await person.say("and you?"))["text"], "its socket and its log are as they were"
        assert (await operator.get(f"{PAGE}/api/pipeline/turns")).json()["log"]["epoch"] == person.epoch


async def test_more_backends_and_responders_share_the_work(person: Person) -> None:
    await asyncio.to_thread(compose, "up", "--detach", "--wait", "--scale", "backend=2", "--scale", "responder=3")
    counts = [one["Service"] for one in running() if one["State"] == "running"]
    assert (counts.count("backend"), counts.count("responder")) == (2, 3)
    await person.say("still there?")  # the socket that was open all the while
    bearer = {"Authorization": f"Bearer {person.token}"}
    async with asyncio.timeout(PATIENCE_S), AsyncExitStack() as tabs:
        while await asyncio.to_thread(backends_with_a_socket) != {"1", "2"}:
            socket = await tabs.enter_async_context(connect(f"ws://localhost:{PORT}/ws", additional_headers=bearer))
            assert (await Person(socket).say("and you?"))["text"]


# Prints how many connections from other machines the backend in this container has at the moment.
CONNECTIONS = """
rows = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
print(sum(1 for row in rows if row[3] == "01" and row[1].endswith(":13BF") and not row[2].startswith("0100007F")))
"""


def backends_with_a_socket() -> set[str]:
    """The numbers of the backend containers that somebody is connected to."""
    count = ("python", "-c", CONNECTIONS)
    return {index for index in ("1", "2") if int(compose("exec", "-T", "--index", index, "backend", *count)) > 0}


async def test_a_killed_responder_and_a_restarted_broker_lose_nothing(person: Person) -> None:
    await asyncio.to_thread(compose, "kill", "--signal", "KILL", "responder")
    message = {"type": "message.send", "id": str(uuid4()), "conversation_id": person.conversation, "text": "anyone?"}
    await person.socket.send(json.dumps(message))
    await person.receive("message.accepted")
    await asyncio.to_thread(compose, "restart", "rabbitmq")
    await asyncio.to_thread(eventually, all_healthy, "every container is healthy again by itself")
    await asyncio.to_thread(compose, "up", "--detach", "--wait")  # back to one backend: the socket's own may be gone
    where = f"ws://localhost:{PORT}/ws?epoch={person.epoch}&after={person.cursor}"
    async with connect(where, additional_headers={"Authorization": f"Bearer {person.token}"}) as socket:
        back = Person(socket)
        assert (await back.receive("welcome"))["resumed"] is True
        assert (await back.receive("reply.completed"))["message_id"] == message["id"]


def test_the_stack_goes_down_in_order_and_keeps_its_data() -> None:
    begun = time.monotonic()
    compose("stop")
    assert time.monotonic() - begun < 60
    codes = {one["Service"]: one["ExitCode"] for one in running()}
    assert codes["backend"] == 0
    assert codes["responder"] == 0
    compose("up", "--detach", "--wait")
    assert httpx.get(f"{PAGE}/readyz", trust_env=False).status_code == 200
