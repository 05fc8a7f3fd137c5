"""Owns how a command gets its components: from its settings, once it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.monitoring import CommandListener

    from collector.bootstrap import Components


@contextmanager
def opened(*listeners: "CommandListener", **given: Any) -> Iterator["Components"]:
    """The components by the settings; `given` overrides these.

    What they need is imported here, as `--help` and the completion of a shell do without it.
    """
    from collector.bootstrap import open_components
    from collector.settings import load

    with open_components(load(**given), *listeners) as components:
        yield components
