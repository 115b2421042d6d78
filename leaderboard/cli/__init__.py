"""Command line of the leaderboard. Everything heavy is imported by the command that needs it."""

from fuseboard.leaderboard.cli.commands import commands

__all__ = ["commands"]
