"""What a command says of the addresses that it was given: without logins, and which kind it takes."""

from urllib.parse import urlsplit

from myna.protocol.errors import StartupError


def servers_of(urls: str) -> str:
    """Hosts and ports of one or more comma-separated URLs; names and passwords are left out."""
    return ", ".join(urlsplit(url.strip()).netloc.rpartition("@")[2] for url in urls.split(",") if "://" in url)


def checked_url(url: str) -> str:
    """A node's address, without the slash at its end. Raises `StartupError` for one that is not HTTP's."""
    if not url.startswith(("http://", "https://")):
        raise StartupError(f"--url takes http://… or https://…, not {url!r}.")
    return url.rstrip("/")
