"""A listener that remembers the names of the commands that MongoDB is sent."""

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent


class Commands(CommandListener):
    """The commands of a client."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, _: CommandSucceededEvent) -> None: ...

    def failed(self, _: CommandFailedEvent) -> None: ...
