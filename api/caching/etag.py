"""Entity tags: names of answers by which a client asks whether the one that it has still holds."""

from hashlib import blake2b


def tag_of(content: bytes) -> str:
    """An opaque tag; equal contents have equal tags, also after a restart."""
    return blake2b(content, digest_size=16).hexdigest()


def weak(tag: str) -> str:
    """The value of an ETag header for an answer that is the same whatever its encoding."""
    return f'W/"{tag}"'
