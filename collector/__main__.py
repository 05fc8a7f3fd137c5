"""Owns the start of the program: `rcstats`, or `python -m collector`."""

import signal


def main() -> None:
    """Runs the command; Ctrl-C while it is imported ends it without a word, as nothing is to be cleaned up yet."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from collector.cli.main import main as run  # noqa: PLC0415  the reason is above

    signal.signal(signal.SIGINT, handler)
    run()


if __name__ == "__main__":
    main()
