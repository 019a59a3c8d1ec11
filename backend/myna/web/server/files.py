"""Files as answers, read whole: nothing stays open when a client goes."""

from os import PathLike

from quart import Response
from quart.wrappers.response import DataBody


class WholeFile(DataBody):
    """A file's bytes. Quart's own body closes its file in another thread, which a request that ends meanwhile does not wait for.

    The page's files are a few hundred kilobytes at most, and in the system's cache.
    """

    def __init__(self, file_path: str | PathLike[str], *, buffer_size: int | None = None) -> None:
        with open(file_path, "rb") as file:  # noqa: PTH123 (a path of either kind)
            super().__init__(file.read())


class FileResponse(Response):
    """Quart's response, with files read whole."""

    file_body_class = WholeFile  # type: ignore[assignment]
