"""Command line of the store. Everything heavy is imported by the command that needs it."""

from fuseboard.store.cli.commands import commands

__all__ = ["commands"]
