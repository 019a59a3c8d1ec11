"""Reaches a running node by HTTP: what a command does where the broker lives inside another process."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from myna.cli.addresses import checked_url
from myna.protocol.errors import StartupError
from myna.settings import Settings

ANSWER_S = 35.0  # a call may wait for the log to grow, 25 s at most


class Refused(StartupError):
    """The node answered with an error."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def url_of(settings: Settings) -> str:
    """Where a node with these settings listens, as this machine reaches it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 (nothing is bound to it)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


class NodeRoutes:
    """The routes of one node, with the admin token where the settings hold one."""

    def __init__(self, settings: Settings, url: str | None = None) -> None:
        self.url = checked_url(url or url_of(settings))
        self._headers = {"Authorization": f"Bearer {settings.admin_token}"} if settings.admin_token else {}
        if url is None and settings.allowed_hosts:
            self._headers["Host"] = settings.allowed_hosts[0]  # under another name, as this machine's address is, it answers 421

    async def call(self, method: str, path: str, **query: Any) -> Any:
        """The JSON of an answer; None where it has no body. Raises `Refused`, or `StartupError` when nobody answers."""
        given = {name: value for name, value in query.items() if value is not None}
        return await asyncio.to_thread(self._call, method, path + (f"?{urlencode(given)}" if given else ""))

    def _call(self, method: str, path: str) -> Any:
        request = Request(self.url + path, method=method, headers=self._headers)  # noqa: S310 (the scheme is checked above)
        try:
            with urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                body = answer.read()
        except HTTPError as error:
            raise Refused(error.code, f"{self.url} refuses {method} {path.partition('?')[0]}: {_detail(error)}") from None
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise StartupError(f"No node answers at {self.url} ({reason}): is it running? --url names another one.") from None
        return json.loads(body) if body else None


def _detail(error: HTTPError) -> str:
    try:
        problem = json.loads(error.read())
    except ValueError:
        problem = None
    return str(problem["detail"]) if isinstance(problem, Mapping) and "detail" in problem else f"status {error.code}."
