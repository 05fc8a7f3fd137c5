"""Serves the page's files and Chart.js from memory, in few bytes and under a strict policy."""

from collections.abc import Mapping
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
_CHART = "Chart.bundle.js"

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = {"Referrer-Policy": "no-referrer"}


def installed_chart() -> Path | None:
    """Chart.js as the package chartkick carries it; the package itself is not imported."""
    spec = find_spec("chartkick")
    folders = (spec.submodule_search_locations if spec else None) or ()
    found = (Path(folder) / "django/static/chartkick" / _CHART for folder in folders)
    return next((path for path in found if path.is_file()), None)


def routes(chart: Path | None) -> list[Route]:
    """The page, and the files that it loads; without Chart.js the page names none, and draws no plots."""
    page = _page(chart)
    files = _files(chart)

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["name"])
        if not found:
            raise HTTPException(404)
        return await found.respond(request)

    return [Route("/", page.respond), Route("/page/{name}", file)]


def _page(chart: Path | None) -> StaticResource:
    address = f"page/{_CHART}?v={version('chartkick')}" if chart else ""
    preload = f'<link rel="modulepreload" href="{address}">\n' if chart else ""
    body = (_FOLDER / "index.html").read_text(encoding="utf-8")
    body = body.replace("{chart}", address).replace("{preload}", preload)
    return StaticResource.of(body.encode(), _KINDS[".html"], _HEADERS | {"Content-Security-Policy": _POLICY})


def _files(chart: Path | None) -> Mapping[str, StaticResource]:
    paths = (path for path in _FOLDER.iterdir() if path.suffix in {".css", ".js"})
    own = {path.name: StaticResource.of(path.read_bytes(), _KINDS[path.suffix], _HEADERS) for path in paths}
    if not chart:
        return own
    release = version("chartkick")
    return own | {_CHART: StaticResource(chart.read_bytes, _KINDS[".js"], f"chart-{release}", _HEADERS, release)}
