"""Serves the page's files and plotly.js from memory, in few bytes and under a strict policy."""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.caching import etag
from api.rendering.compression import chosen, compressed
from api.rendering.envelope import SAFE

_FOLDER = Path(__file__).parent
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_PLOTLY = "plotly.min.js"

# plotly.js needs no exception for its styles: it puts its rules into the sheet that plots.css has opened for them.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_SHEET = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')
_HEADERS = SAFE | {"Referrer-Policy": "no-referrer", "Vary": "Accept-Encoding"}
_REVALIDATED = {"Cache-Control": "no-cache"}
_FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}


class File:
    """What never changes while the process lives; it is read and encoded when it is first asked for.

    Who names the release in the URL may keep it for a year.
    """

    def __init__(self, read: Callable[[], bytes], kind: str, tag: str, release: str = "", **headers: str) -> None:
        self._headers = _HEADERS | {"ETag": etag.weak(tag), "Content-Type": f"{kind}; charset=utf-8"} | headers
        self._tag = tag
        self._release = release
        self._encoded = lru_cache(maxsize=None)(lambda encoding: b"".join(compressed([read()], encoding)))

    async def answer(self, request: Request) -> Response:
        """The file, or that it is still what the browser has."""
        is_dated = self._release and request.query_params.get("v") == self._release
        headers = self._headers | (_FOR_A_YEAR if is_dated else _REVALIDATED)
        if etag.matches(request.headers.get("if-none-match", ""), self._tag):
            return Response(status_code=304, headers=headers)
        encoding = chosen(request.headers.get("accept-encoding", ""))
        body = await run_in_threadpool(self._encoded, encoding)
        return Response(body, headers=headers | ({"Content-Encoding": encoding} if encoding else {}))


@cache
def installed_plotly() -> Path | None:
    """plotly.js as the package plotly carries it; the package itself, which is large, is not imported."""
    spec = find_spec("plotly")
    folders = (spec.submodule_search_locations if spec else None) or ()
    found = (Path(folder) / "package_data" / _PLOTLY for folder in folders)
    return next((path for path in found if path.is_file()), None)


def routes(plotly: Path | None) -> list[Route]:
    """The page, and the files that it loads; without plotly.js the page names none, and draws no plots."""
    page = _page(plotly)
    files = _files(plotly)

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["name"])
        if not found:
            raise HTTPException(404)
        return await found.answer(request)

    return [Route("/", page.answer), Route("/page/{name}", file)]


def _page(plotly: Path | None) -> File:
    address = f"page/{_PLOTLY}?v={version('plotly')}" if plotly else ""
    sheets = _sheets(plotly) if plotly else b""
    body = (_FOLDER / "index.html").read_bytes()
    body = body.replace(b"{plotly}", address.encode()).replace(b"{sheets}", sheets)
    return _own(body, ".html", **{"Content-Security-Policy": _POLICY})


def _files(plotly: Path | None) -> Mapping[str, File]:
    own = {
        path.name: _own(path.read_bytes(), path.suffix) for path in _FOLDER.iterdir() if path.suffix in {".css", ".js"}
    }
    if not plotly:
        return own
    release = version("plotly")
    return own | {_PLOTLY: File(plotly.read_bytes, _KINDS[".js"], f"plotly-{release}", release)}


def _own(body: bytes, suffix: str, **headers: str) -> File:
    return File(lambda: body, _KINDS[suffix], etag.tag_of(body), **headers)


@cache
def _sheets(plotly: Path) -> bytes:
    """Elements by whose ids plotly.js takes the sheets of its maps for loaded: what we don't draw needs no style."""
    names = sorted(set(_SHEET.findall(plotly.read_bytes())))
    return b"".join(b'<template id="%s"></template>' % name for name in names)
