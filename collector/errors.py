"""The errors of rcstats that are meant for people; each becomes one line and an exit code."""


class RcstatsError(Exception):
    """An error that the operator can resolve; its text is one or a few sentences without secrets."""


class SettingsError(RcstatsError):
    """A setting is missing or invalid; the text names the variable and the expected value."""


class ParameterError(RcstatsError):
    """A parameter can't be served; the text names it and has the reason."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason


class DatabaseError(RcstatsError):
    """MongoDB did not execute a command; the text is ours, never MongoDB's, which can hold data.

    `brief` is the text without the reason, which can name hosts; it is for readers who may not know them.
    """

    def __init__(self, brief: str, reason: str = "") -> None:
        super().__init__(f"{brief}: {reason}" if reason else brief)
        self.brief = brief
        self.reason = reason


class CommandRefusedError(DatabaseError):
    """MongoDB refused the command as invalid."""


class MissingIndexError(CommandRefusedError):
    """The query needs an index that does not exist; the text names it."""


class NotAuthorizedError(DatabaseError):
    """MongoDB does not give this login the right to this command."""


class NotAWorkspaceError(DatabaseError):
    """The database that the URL names is not a Rocket.Chat workspace, or not yet."""


class UnknownTimeZoneError(CommandRefusedError):
    """MongoDB's time zone data lack this zone."""


class TooLargeError(RcstatsError):
    """A response would exceed its memory limit; the text says how to make it smaller."""


class UnacceptableError(DatabaseError):
    """This document can never be stored; a retry would fail too."""


class UnreachableError(DatabaseError):
    """MongoDB cannot be reached; any other command would fail too."""


class DatabaseTimeoutError(DatabaseError):
    """MongoDB did not answer this command in time; others may succeed."""


class IndexProblemError(DatabaseError):
    """An index of the store differs from its definition; the text names the index and the remedy."""


class AbandonedError(RcstatsError):
    """A snapshot was aborted because the daemon shuts down; nothing of it is stored."""
