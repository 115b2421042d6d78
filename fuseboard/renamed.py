"""Names that the command line had before: they still work, and answer with the name of today."""

from collections.abc import Sequence

OPTIONS = {
    "--fetch": "--download-weights",
    "--one-pass": "--shared-read",
    "--trust": "--trust-remote-code",
}
"""Option as it was -> as it is."""

COMMANDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("evaluate", "late"): ("evaluate", "soft-vote"),
    ("submission", "intake"): ("submission", "import"),
}
"""First words of a command as they were -> as they are."""


def translate(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns arguments with names of today, and one line for each name that was another one.

    What follows a `--` is never an option and stays.
    """
    made, notices = list(arguments), []
    for old, new in COMMANDS.items():
        if tuple(made[: len(old)]) == old:
            made[: len(old)] = new
            notices.append(f"`{' '.join(old)}` is called `{' '.join(new)}` now")
    end = made.index("--") if "--" in made else len(made)
    for place, word in enumerate(made[:end]):
        if word in OPTIONS:
            made[place] = OPTIONS[word]
            notices.append(f"{word} is called {OPTIONS[word]} now")
    return made, notices
