"""How large the sample workspace is."""

from dataclasses import dataclass

SESSION_DAYS = 45  # so long the server keeps the sessions' rows


@dataclass(frozen=True)
class Size:
    """How many there are of what."""

    users: int = 320
    channels: int = 90
    groups: int = 60
    discussions: int = 25
    directs: int = 240
    livechats: int = 80
    calls: int = 8  # omnichannel telephone calls, which are rooms as well
    messages: int = 9_000
    days: int = 90  # in which they were written
    members: int = 6  # of a channel or group, on average
    daily_users: int = 40  # who leave a row of their sessions each day
    uploads: int = 260
    visitors: int = 60
    contacts: int = 50
    teams: int = 8
    conferences: int = 60
    telephone: int = 60  # calls between extensions
    analytics: int = 200
    invites: int = 15
    quiet_weekends: bool = False  # and fewer users of a day, the longer ago it is

    def __post_init__(self) -> None:
        if self.users < 4 or self.channels < 1 or self.visitors < 1:
            raise ValueError("A workspace has at least four users, one channel and one visitor.")

    @property
    def rooms(self) -> int:
        return self.channels + self.groups + self.discussions + self.directs + self.livechats + self.calls
