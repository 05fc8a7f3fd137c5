"""The API's description: the OpenAPI document, and a page made of it for people, without a script."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import orjson

from api.caching.static_resource import StaticResource
from api.openapi.document import DOCUMENT
from api.rendering import envelope

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2.5rem 0 .5rem }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
code, pre { font: .9em ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; background: color-mix(in srgb, currentColor 8%, transparent) }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.25rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0 }
th { font-weight: 600; white-space: nowrap }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def openapi() -> StaticResource:
    return StaticResource.of(orjson.dumps(DOCUMENT), envelope.JSON, envelope.CORS)


def page() -> StaticResource:
    html = "\n".join(_page(DOCUMENT)).encode()
    return StaticResource.of(html, "text/html; charset=utf-8", envelope.CORS | {"Content-Security-Policy": _POLICY})


def _page(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{info["title"]} API</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><body><main>'
    yield f"<h1>{info['title']} {info['version']}</h1><p>{_text(info['description'])}</p>"
    yield '<p>For machines: <a href="openapi.json">openapi.json</a>. Routes that need a login take these headers:</p>'
    schemes = document["components"]["securitySchemes"].values()
    yield _table(
        ("header", ""), [(_code(s.get("name", "Authorization")), _text(s.get("description", ""))) for s in schemes]
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    yield "</main></body></html>"


def _operation(name: str, operation: dict[str, Any]) -> Iterator[str]:
    needs_login = operation["security"] and {} not in operation["security"]
    yield f"<h2>{_code(name)}</h2><p>{_text(operation['summary'])}{'; needs a login' if needs_login else ''}.</p>"
    if parameters := operation.get("parameters"):
        rows = [(_code(p["name"]), _text(p["description"]), _example(p)) for p in parameters]
        yield _table(("parameter", "meaning", "for example"), rows)
    rows = [(_code(status), _text(a["description"]), _shape(a)) for status, a in sorted(operation["responses"].items())]
    yield _table(("status", "meaning", "body"), rows)


def _example(parameter: dict[str, Any]) -> str:
    if "content" in parameter:
        return _code(orjson.dumps(parameter["content"][envelope.JSON]["example"]).decode())
    return _code(parameter["example"]) if "example" in parameter else ""


def _shape(answer: dict[str, Any]) -> str:
    content = answer.get("content", {}).get(envelope.JSON, {})
    if "example" in content:
        return _code(orjson.dumps(content["example"]).decode())
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    keys = DOCUMENT["components"]["schemas"].get(name, {}).get("properties", {})
    return ", ".join(map(_code, keys))


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    parts = enumerate(text.split("`"))
    return "".join(_code(part) if number % 2 else escape(part) for number, part in parts)


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
