"""rcstats: collects statistics of a Rocket.Chat workspace on a schedule, and stores them as documents."""


def __getattr__(name: str) -> str:
    """`__version__`, found at its first use: a Ctrl-C must not meet imports before `__main__` is ready for it."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  the reason is above

    try:
        found = version("rcstats")
    except PackageNotFoundError:  # a folder that was not installed
        found = "0.0"
    globals()[name] = found
    return found
