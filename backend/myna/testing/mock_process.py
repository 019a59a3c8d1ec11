"""Starts `myna mock` for tests, and talks to its control routes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

ANSWER_S = 10.0  # of a control route


@contextmanager
def running_mock(arguments: Sequence[str] = ()) -> Iterator[str]:
    """The URL of a mock of one's own until the end of the block; `arguments` are those of `myna mock`.

    Raises `RuntimeError` when it ends at once.
    """
    command = [sys.executable, "-m", "myna", "mock", "--port", "0", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"myna mock ended with exit code {process.wait()}; what it said is on standard error.")
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class Mock:
    """The mock as one test sees it: a key of its own, so that no other test's rules or failures are met."""

    def __init__(self, url: str, api_key: str) -> None:
        self.base_url, self.api_key = f"{url}/v1", api_key
        self._url = url

    def rules(self, *rules: dict[str, Any], **file: Any) -> None:
        """Replace the rules: each as in a scenario file, whose other fields may be given by name. ValueError says what is wrong."""
        self._call("POST", "/api/mock/rules", {**file, "rules": list(rules)})

    def fail_next(self, code: str, times: int = 1, **fields: Any) -> None:
        """Let the next requests fail: with `rate_limited`, say, and `retry_after_s=2`."""
        self._call("POST", "/api/mock/failures", {"code": code, "times": times, **fields})

    def journal(self) -> list[dict[str, Any]]:
        """What was asked, which rule was followed, and what was answered; the newest last."""
        items: list[dict[str, Any]] = self._call("GET", "/api/mock/journal?limit=200")["items"]
        return items

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, headers, method=method)  # noqa: S310 (the URL is of our own process)
        try:
            with urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                return json.load(answer)
        except OSError as error:
            said = error.read().decode() if hasattr(error, "read") else str(error)
            raise ValueError(said) from None
