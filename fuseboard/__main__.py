"""`python -m fuseboard`: the command line."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # `-m` puts the working directory before the libraries; nothing of it is imported, so it goes first of all.
        del sys.path[0]
    from fuseboard.cli import main

    main()
