"""The documentation: every link leads somewhere, the generated page is current, and the site holds all pages."""

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from posixpath import join, normpath

import pytest

from tests import protocol_page

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("site_builder", ROOT / "docs" / "site.py")
assert SPEC is not None
assert SPEC.loader is not None
site = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(site)

PAGES = [*site.pages(), "README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    broken = []
    for link in site.links(page):
        path, _, fragment = link.partition("#")
        file = normpath(join(str(Path(page).parent), path)) if path else page
        if "://" in link:
            continue
        if not (ROOT / file).exists() or (fragment and fragment not in site.anchors(file)):
            broken.append(link)
    assert broken == []


def test_every_page_in_docs_is_linked_from_the_first() -> None:
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")} - {*site.pages()} == set()


async def test_the_protocols_page_is_current() -> None:
    assert protocol_page.PAGE.read_text() == protocol_page.page(protocol_page.the_app()), "run python -m tests.protocol_page"


class Links(HTMLParser):
    """Collects what a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.found += [value for name in ("href", "src") if (value := named.get(name))]
        if identifier := named.get("id"):
            self.ids.add(identifier)


def test_the_site_holds_every_page_and_its_links_work(tmp_path: Path) -> None:
    site.build(tmp_path)
    read: dict[str, Links] = {}
    for path in tmp_path.glob("*.html"):
        read[path.name] = Links()
        read[path.name].feed(path.read_text())
    assert len(read) == len(site.pages())
    broken = []
    for name, links in read.items():
        for link in links.found:
            file, _, fragment = link.partition("#")
            if "://" in link:
                continue
            target = read.get(file or name)
            if not (tmp_path / (file or name)).exists() or (fragment and target and fragment not in target.ids):
                broken.append((name, link))
    assert broken == []


def test_the_readme_is_one_screen() -> None:
    lines = re.sub(r"```.*?```", "", (ROOT / "README.md").read_text(), flags=re.DOTALL).splitlines()
    assert len(lines) <= 75
