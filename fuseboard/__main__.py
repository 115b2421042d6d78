"""The command line, as `fuseboard` and `python -m fuseboard`; it begins here because an interrupt may come at once."""

import os
import sys


def main() -> None:
    """Imports the commands and runs one; what interrupts the import, or lets none be made, is one line, as later."""
    try:
        os.getcwd()
    except FileNotFoundError:  # libraries of numbers end a process that begins in no folder
        print("error: the folder that this was started in is deleted; change to another one", file=sys.stderr)
        sys.exit(1)
    try:
        from fuseboard import cli
    except KeyboardInterrupt:
        print("error: interrupted; nothing was begun", file=sys.stderr)
        sys.exit(130)  # as `cli.INTERRUPTED`
    cli.main()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        # `-m` puts the working directory before the libraries; nothing of it is imported, so it goes first of all.
        del sys.path[0]
    main()
