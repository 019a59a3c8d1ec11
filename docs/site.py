"""Builds the documentation as a small static site: `python docs/site.py build/docs`. The Markdown is what people read in the repository."""

import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from posixpath import join, normpath, relpath

from markdown_it import MarkdownIt

from myna.web.openapi.html import STYLE

ROOT = Path(__file__).parents[1]
HOME = "docs/README.md"
PLAYER = ROOT / "backend/myna/page/index.html"  # where the page was built, traces are opened in a copy of it
TRACE = "front/src/lab/example-trace.json"
# Beside the style of /docs: sentences stand in the first columns here, and what is long scrolls by itself on a narrow screen.
MORE = """img { max-width: 100%; } pre { overflow-x: auto; background: var(--surface); padding: .75rem; } pre code { padding: 0; }
td:first-child { white-space: normal; } td { min-width: 6rem; } :not(pre) > code { overflow-wrap: anywhere; }
footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem 3rem; }"""
LINK = re.compile(r'(href|src)="([^"]+)"')


def pages() -> list[str]:
    """The Markdown files of the site, by their path in the repository: the home page, then those that it links to, in its order."""
    html = MarkdownIt("commonmark").enable("table").render((ROOT / HOME).read_text())
    linked = [normpath(join("docs", target)) for _, target in LINK.findall(html) if target.endswith(".md")]
    return [HOME, *linked]


def links(page: str) -> Iterator[str]:
    """What a page links to and shows, as it stands there."""
    html = MarkdownIt("commonmark").enable("table").render((ROOT / page).read_text())
    return (target for _, target in LINK.findall(html))


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL), re.MULTILINE)
    return {anchor(heading) for heading in headings}


def anchor(heading: str) -> str:
    """The anchor of one heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def address(page: str) -> str:
    """Where a page stands in the site."""
    if page == HOME:
        return "index.html"
    return page.removeprefix("docs/").lower().replace("/", "-").removesuffix(".md") + ".html"


def build(target: Path) -> None:
    """Write the site into a folder, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    known = {page: address(page) for page in pages()}
    if PLAYER.exists():
        _copy_player(target / "page")
    for page, name in known.items():
        (target / name).write_text(_html(page, known, target))


def _copy_player(folder: Path) -> None:
    """A copy of the built page that plays a trace without a backend, whatever folder it stands in."""
    shutil.copytree(PLAYER.parent, folder)
    html = (folder / PLAYER.name).read_text()
    (folder / PLAYER.name).write_text(html.replace('="/', '="./'))


def _html(page: str, known: dict[str, str], target: Path) -> str:
    source = (ROOT / page).read_text()
    body = MarkdownIt("commonmark").enable("table").render(source)
    body = re.sub(r"<h([1-6])>(.*?)</h\1>", lambda found: f'<h{found[1]} id="{anchor(_plain(found[2]))}">{found[2]}</h{found[1]}>', body)
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    body = LINK.sub(lambda found: f'{found[1]}="{_moved(found[2], page, known, target)}"', body)
    back = "" if page == HOME else '<nav><a href="index.html">All pages</a></nav>'
    order = [*known]
    after = order[order.index(page) + 1 :]
    onward = f'<footer>Next: <a href="{known[after[0]]}">{_title(after[0])}</a></footer>' if after else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_title(page)}</title><style>{STYLE}{MORE}</style></head><body><header>{back}</header><main>
{body}</main>{onward}</body></html>
"""


def _title(page: str) -> str:
    return escape((ROOT / page).read_text().partition("\n")[0].lstrip("# "))


def _plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def _moved(link: str, page: str, known: dict[str, str], target: Path) -> str:
    """A link as it has to be in the site: to a page of it, to a copy of the file, or elsewhere as it is."""
    path, hash_, fragment = link.partition("#")
    if "://" in path or not path:
        return link
    file = normpath(join(str(Path(page).parent), path))
    if file == TRACE and PLAYER.exists():
        return "page/index.html#example"
    if file in known:
        return known[file] + hash_ + fragment
    copy = target / "files" / file
    if (ROOT / file).is_file() and not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, copy)
    return relpath(str(copy), str(target)) + hash_ + fragment


if __name__ == "__main__":
    build(Path(sys.argv[1]))
