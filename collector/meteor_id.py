"""Owns ids in Meteor's format: 17 characters of an unambiguous alphabet. Pure."""

import hashlib
import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 17


def new_id() -> str:
    """A random id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def derived_id(of: bytes) -> str:
    """The id derived from some bytes: the same one each time."""
    return id_of(hashlib.sha256(of).digest())


def id_of(digest: bytes) -> str:
    """The id derived from a digest of at least 13 bytes; equal digests have equal ids."""
    number = int.from_bytes(digest)
    return "".join(ALPHABET[number // len(ALPHABET) ** digit % len(ALPHABET)] for digit in range(LENGTH))
