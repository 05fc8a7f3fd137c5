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
    """MongoDB is not there: nothing else that is asked of it now would be answered either."""


class AbandonedError(RcstatsError):
    """A snapshot was given up half-way, because the daemon ends; nothing of it is kept."""
