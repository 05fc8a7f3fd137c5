"""Owns what is plain text: one line, without characters that a terminal or a reader's eye would obey. Pure."""

MOST = 80  # characters of a stored value in a sentence

_JOINER = "\u200d"  # joins emojis


def is_plain(text: str) -> bool:
    return text.replace(_JOINER, "").isprintable()


def said(value: object, most: int = MOST) -> str:
    """A stored value as part of a sentence: brief and plain."""
    text = "".join(letter if is_plain(letter) else "\ufffd" for letter in str(value)[: most + 1])
    return text if len(text) <= most else f"{text[: most - 1]}…"
