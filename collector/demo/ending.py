"""Owns the signals that end the demo: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed."""

import os
import signal
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def at_once() -> None:
    """Lets a signal end the process without a word: nothing is to be cleaned up yet."""
    for one in _heeded():
        signal.signal(one, signal.SIG_DFL)


def cleanly() -> None:
    """Lets the first signal raise KeyboardInterrupt; later ones do not disturb the cleanup."""
    for one in _heeded():
        signal.signal(one, _hang_up if one == signal.SIGHUP else _end)


def _heeded() -> list[signal.Signals]:
    """Those that whoever started the demo, such as nohup, does not have ignored."""
    return [one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN]


def _end(_: int, __: FrameType | None) -> None:
    for one in _ENDING:
        signal.signal(one, signal.SIG_IGN)
    raise KeyboardInterrupt


def _hang_up(_: int, __: FrameType | None) -> None:
    """Ends as by SIGTERM, which the HTTP server handles while it runs; a terminal that is gone takes no output."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for output in (1, 2):
        os.dup2(nowhere, output)
    os.close(nowhere)
    signal.raise_signal(signal.SIGTERM)
