"""HTTP for tests, which talk to this machine only."""

import ssl
from typing import Any

import httpx

# A client reads the system's certificates into a context of its own, some 20 ms of processor time each, unless it is given one.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class HttpClient(httpx.AsyncClient):
    """An HTTP client that uses no proxy and trusts no certificate."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trust_env=False, verify=_NO_CERTIFICATES, **options)
