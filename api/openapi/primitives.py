"""Owns the small parts that the schemas of the OpenAPI document are made of. Pure."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
DATE: Schema = {"type": "string", "format": "date-time"}
TRUE: Schema = {"const": True}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def object_(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}
