"""A listener that remembers the commands that MongoDB is sent."""

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent


class Commands(CommandListener):
    """The commands of a client: their names, and the collections of those that have one."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.collections: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)
        if isinstance(of := event.command[event.command_name], str):
            self.collections.append(of)

    def succeeded(self, _: CommandSucceededEvent) -> None: ...

    def failed(self, _: CommandFailedEvent) -> None: ...
