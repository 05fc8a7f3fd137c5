"""Serves the page's files and plotly.js from memory, in few bytes and under a strict policy."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.caching.static_resource import StaticResource

_FOLDER = Path(__file__).parent
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_PLOTLY = "plotly.min.js"

# plotly.js needs no exception for its styles: it puts its rules into the sheet that plots.css has opened for them.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_SHEET = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')
_HEADERS = {"Referrer-Policy": "no-referrer"}


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
        return await found.respond(request)

    return [Route("/", page.respond), Route("/page/{name}", file)]


def _page(plotly: Path | None) -> StaticResource:
    address = f"page/{_PLOTLY}?v={version('plotly')}" if plotly else ""
    sheets = _sheets(plotly) if plotly else b""
    body = (_FOLDER / "index.html").read_bytes()
    body = body.replace(b"{plotly}", address.encode()).replace(b"{sheets}", sheets)
    return StaticResource.of(body, _KINDS[".html"], _HEADERS | {"Content-Security-Policy": _POLICY})


def _files(plotly: Path | None) -> Mapping[str, StaticResource]:
    paths = (path for path in _FOLDER.iterdir() if path.suffix in {".css", ".js"})
    own = {path.name: StaticResource.of(path.read_bytes(), _KINDS[path.suffix], _HEADERS) for path in paths}
    if not plotly:
        return own
    release = version("plotly")
    return own | {_PLOTLY: StaticResource(plotly.read_bytes, _KINDS[".js"], f"plotly-{release}", _HEADERS, release)}


@cache
def _sheets(plotly: Path) -> bytes:
    """Elements by whose ids plotly.js takes the sheets of its maps for loaded: what we don't draw needs no style."""
    names = sorted(set(_SHEET.findall(plotly.read_bytes())))
    return b"".join(b'<template id="%s"></template>' % name for name in names)
