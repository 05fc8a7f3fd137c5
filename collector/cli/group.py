"""Owns the group of all commands: the help of an option that takes no value does not show a type."""

from collections.abc import Iterable
from typing import Any

from typer.core import TyperGroup


class Group(TyperGroup):
    """The commands of `rcstats`."""

    def get_params(self, ctx: Any) -> Any:
        """The options of the group itself."""
        return _without_type(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, or None."""
        if command := super().get_command(ctx, cmd_name):
            _without_type([*command.params, command.get_help_option(ctx)])
        return command


def _without_type(options: Iterable[Any]) -> Iterable[Any]:
    for option in options:
        if getattr(option, "is_flag", False):
            option.metavar = ""
    return options
