"""Faults of other processes: begun by commands that travel through the broker, where both sides have a laboratory."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Literal, Protocol

import msgspec
import structlog

from myna.lab.faults import AFTER_PART, Faults
from myna.protocol.errors import Conflict, MynaError, NotFound

log = structlog.get_logger()

END: Final = "end_responder"
PAUSE: Final = "pause_responder"
HOLD: Final = "hold_recorder"
CUT: Final = "cut_socket"


class CommandChannel(Protocol):
    """The broker, as far as commands are concerned. They are kept nowhere: whoever does not listen misses them."""

    def lab_commands(self, worker: str) -> AsyncGenerator[bytes, None]:
        """Commands to this worker, and to all, from now on. Raises `BrokerUnavailable` when the broker is lost."""

    async def lab_command(self, body: bytes, worker: str | None = None) -> bool:
        """Send a command to this worker, or to all; returns whether anybody listens. Raises `BrokerUnavailable`."""


class Command(msgspec.Struct):
    """A fault to begin; or, with `over`, one that has had its effect elsewhere and is not to happen again."""

    fault: Literal["end_responder", "pause_responder", "hold_recorder", "cut_socket"]
    seconds: float = 5
    after_part: int = AFTER_PART
    owner: str | None = None
    over: bool = False


class CommandListener:
    """Does what commands say, in one process."""

    def __init__(self, channel: CommandChannel, faults: Faults, worker: str) -> None:
        self._channel = channel
        self._faults = faults
        self._worker = worker

    async def run(self) -> None:
        """Listen until the broker is lost."""
        async with aclosing(self._channel.lab_commands(self._worker)) as bodies:
            async for body in bodies:
                await self._obey(body)

    async def _obey(self, body: bytes) -> None:
        try:
            command = msgspec.json.decode(body, type=Command)
            if command.over:
                self._faults.over(command.fault)
            else:
                name, seconds = command.fault, command.seconds
                await self._faults.begin(name, seconds, owner=command.owner, after_part=command.after_part, told=True)
        except (Conflict, NotFound) as error:
            log.debug("lab.command_passed", reason=str(error))  # its own, another kind of process's, or there is nothing to break
        except (MynaError, msgspec.MsgspecError) as error:
            log.warning("lab.command_refused", reason=str(error))


class Others:
    """The responders and nodes of other processes, as a node tells them what to do. All raise `BrokerUnavailable`."""

    def __init__(self, channel: CommandChannel) -> None:
        self._channel = channel

    async def end(self, seconds: float, after_part: int) -> bool:
        """Have the next one that publishes this part of a reply end there; returns whether there is any to do it."""
        return await self._send(Command(END, seconds, after_part))

    async def ended(self) -> None:
        """Tell all that one has ended, so that no second one does."""
        await self._send(Command(END, over=True))

    async def pause(self, worker: str, seconds: float) -> bool:
        """Have this worker stand still; returns whether it listens. A worker's successor in its process has a number behind its name."""
        command = Command(PAUSE, seconds)
        return await self._send(command, worker) or await self._send(command, worker.rpartition("-")[0])

    async def hold(self, seconds: float) -> None:
        """Have the recorders of all nodes wait."""
        await self._send(Command(HOLD, seconds))

    async def cut(self, owner: str) -> None:
        """Have all nodes break this owner's sockets."""
        await self._send(Command(CUT, owner=owner))

    async def _send(self, command: Command, worker: str | None = None) -> bool:
        return await self._channel.lab_command(msgspec.json.encode(command), worker)
