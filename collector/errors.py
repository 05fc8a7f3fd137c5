"""The errors that a person is meant to read; each becomes one line and an exit code."""


class RcstatsError(Exception):
    """Something the operator can mend; its text is one or a few plain sentences without secrets."""


class SettingsError(RcstatsError):
    """A setting is missing or wrong; the text names the variable and says what is expected."""


class DatabaseError(RcstatsError):
    """MongoDB did not do what was asked; the text says so in our words, never in MongoDB's."""


class CommandRefusedError(DatabaseError):
    """MongoDB was reached and answered, but does not take this command as it is written."""


class UnknownTimeZoneError(CommandRefusedError):
    """MongoDB's own time zone data do not have this zone."""


class TooLargeError(RcstatsError):
    """An answer would take more memory than one may have; the text says what makes it smaller."""


class UnacceptableError(DatabaseError):
    """MongoDB takes no document like this one, now or later."""


class UnreachableError(DatabaseError):
    """MongoDB cannot be reached: no other command would be answered now either.

    `brief` is the text without the reason, which can name hosts: it does for readers who may not know them.
    """

    def __init__(self, brief: str, reason: str = "") -> None:
        super().__init__(f"{brief}: {reason}" if reason else brief)
        self.brief = brief


class DatabaseTimeoutError(DatabaseError):
    """MongoDB did not answer this command in time; it may answer others."""


class IndexProblemError(DatabaseError):
    """An index of the store is not as it has to be; the text names the index and the remedy."""


class AbandonedError(RcstatsError):
    """A snapshot was given up half-way, because the daemon ends; nothing of it is kept."""
