"""The page's files as the backend serves them: what is there, what is not, and how long a browser may keep it."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.services.http import HttpClient
from tests.unit.api.conftest import serving

PAGE = "<!doctype html><title>the page</title>"


@pytest.fixture(scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a node whose page is two files, one of them with a compressed copy."""
    folder: Path = tmp_path_factory.mktemp("dist")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "index-1.js").write_text("0")
    (folder / "assets" / "index-2.js").write_text("1 + 1")
    (folder / "assets" / "index-2.js.gz").write_bytes(gzip.compress(b"1 + 1"))
    async with serving(front_dir=folder) as served, HttpClient(base_url=served.url) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/pipeline", "/c/0b5e2c1a-93f4-4f51-8c86-0d8f1d0f3a77", "/c/7/"])
async def test_the_pages_own_addresses_are_the_page(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.text) == (200, PAGE)


@pytest.mark.parametrize("path", ["/healthz", "/health", "/pipelines", "/c/", "/c/a/b", "/nonsense/deep"])
async def test_any_other_address_shows_the_page_as_not_found(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get("/")
    for headers in ({}, {"If-None-Match": page.headers["ETag"]}, {"Range": "bytes=0-3"}):
        answer = await browser.get(path, headers=headers)
        assert (answer.status_code, answer.text) == (404, PAGE)


@pytest.mark.parametrize("path", ["/assets/index-0.js", "/assets/index", "/favicon.ico", "/wp-login.php"])
async def test_a_file_that_is_not_there_is_not_found_and_is_not_the_page(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_page_is_revalidated_and_its_hashed_files_are_cached(browser: httpx.AsyncClient) -> None:
    page, file = await browser.get("/"), await browser.get("/assets/index-1.js")
    assert page.headers["Cache-Control"] == "no-cache"
    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not [answer for answer in (page, file) if "Expires" in answer.headers]  # it would speak of twelve hours


@pytest.mark.parametrize(("accepted", "sent"), [("gzip, br", "gzip"), ("identity", None), ("br, gzip;q=0", None)])
async def test_a_file_comes_compressed_to_those_who_take_that(browser: httpx.AsyncClient, accepted: str, sent: str | None) -> None:
    answer = await browser.get("/assets/index-2.js", headers={"Accept-Encoding": accepted})
    assert (answer.status_code, answer.text, answer.headers.get("Content-Encoding")) == (200, "1 + 1", sent)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Accept-Encoding", "public, max-age=31536000, immutable")


async def test_a_file_without_a_compressed_copy_comes_as_it_is(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/assets/index-1.js"):
        answer = await browser.get(path, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.headers.get("Content-Encoding"), answer.headers["Vary"]) == (200, None, "Accept-Encoding")
