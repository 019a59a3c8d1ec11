"""All other addresses: the page's files, with the security headers that every answer carries."""

import re
from contextlib import suppress
from mimetypes import guess_type
from pathlib import Path

from quart import Blueprint, Response, request, send_from_directory
from werkzeug.exceptions import NotFound as FileNotFound
from werkzeug.routing import PathConverter

from myna.protocol.errors import NotFound
from myna.web.services import Services

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# First parts of paths that are never the page's: what is not there is not found, by whatever method.
INTERFACE = ("api", "v1", "ws", "livez", "readyz", "metrics", "docs", "openapi.json", "asyncapi.json")
# The page's own addresses, as front/src/ui/view.ts knows them: at any other it is shown with a 404.
OWN = re.compile(r"c/[\w-]{1,64}/?|pipeline|calls", re.ASCII)
NOT_BUILT = "The page is not built: run `make build`, or set CHAT_FRONT_DIR to where it is."


class PagePath(PathConverter):
    """A path that the interface leaves to the page."""

    regex = rf"(?!(?:{'|'.join(map(re.escape, INTERFACE))})(?:/|$)){PathConverter.regex}"


def blueprint(services: Services) -> Blueprint:
    """The routes: a file, or for one of the page's own addresses (a deep link) the page."""
    routes = Blueprint("page", __name__)
    routes.record_once(lambda state: state.app.url_map.converters.update(page=PagePath))
    folder: Path = services.settings.front_dir.absolute()

    @routes.get("/")
    @routes.get("/<page:path>")
    async def show_page(path: str = "index.html") -> Response:
        """A built file, or the page itself."""
        if not (folder / "index.html").is_file():
            raise NotFound(NOT_BUILT)
        try:
            response = await _file(folder, path)
        except FileNotFound:
            if path.startswith("assets/") or "." in path.rsplit("/", 1)[-1]:
                raise NotFound("There is nothing here.") from None
            known = OWN.fullmatch(path) is not None
            response = await _file(folder, "index.html", conditional=known)
            if not known:
                response.status_code = NotFound.status
        del response.headers["Expires"]  # the framework sets twelve hours, against the next line
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response

    return routes


async def _file(folder: Path, path: str, *, conditional: bool = True) -> Response:
    """A file, compressed as the build left it beside the plain one where the client takes that. Raises werkzeug's `NotFound`."""
    if request.accept_encodings.quality("gzip"):
        with suppress(FileNotFound, OSError):  # OSError: with the ending, the name is too long for the system
            response = await send_from_directory(folder, f"{path}.gz", mimetype=guess_type(path)[0], conditional=conditional)
            response.headers["Content-Encoding"] = "gzip"
            response.vary.add("Accept-Encoding")
            return response
    response = await send_from_directory(folder, path, conditional=conditional)
    response.vary.add("Accept-Encoding")
    return response
