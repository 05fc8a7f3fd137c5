"""Ids as Meteor makes them: 17 characters that are not easily mistaken for one another. Pure."""

import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 17


def new_id() -> str:
    """A random id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def id_of(digest: bytes) -> str:
    """The id that a digest always gives; it is to have 13 bytes or more."""
    number = int.from_bytes(digest)
    return "".join(ALPHABET[number // len(ALPHABET) ** digit % len(ALPHABET)] for digit in range(LENGTH))
