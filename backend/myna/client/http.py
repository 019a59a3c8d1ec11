"""Requests to the HTTP side, by the standard library in a thread: a chat needs few of them."""

import asyncio
import json
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from myna.client.connection import is_local
from myna.client.errors import Refused, Unreachable

ANSWER_S = 30.0


class Answer(NamedTuple):
    """What came: status, headers (names in small letters) and the body as it is."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body read as JSON. Raises `ValueError`."""
        return json.loads(self.body)


class Http:
    """Requests of one owner to one server."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url, self.token = url.rstrip("/"), token
        self._opener = build_opener(ProxyHandler({})) if is_local(url) else build_opener()

    async def request(self, method: str, path: str, body: object = None, *, within_s: float = ANSWER_S) -> Answer:
        """Any answer, whatever its status; `body` is sent as JSON. Raises `Unreachable`."""
        return await asyncio.to_thread(self._request, method, path, body, within_s)

    async def get(self, path: str) -> Any:
        """The JSON of a good answer. Raises `Refused` for any other, and `Unreachable`."""
        answer = await self.request("GET", path)
        if answer.status == 200:
            return answer.json
        try:
            problem = answer.json
        except ValueError:
            problem = {}
        raise Refused(
            problem.get("code", "http_error"), problem.get("detail", f"The server answered {answer.status}."), status=answer.status
        )

    def _request(self, method: str, path: str, body: object, within_s: float) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(self.url + path, data, headers, method=method)  # noqa: S310 (the caller names the server)
        try:
            try:
                answer = self._opener.open(request, timeout=within_s)
            except HTTPError as error:
                answer = error
            with answer:
                return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read())
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise Unreachable(f"{self.url} can't be reached: {reason}.") from error
