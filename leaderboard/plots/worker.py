"""This process draws: it is asked by lines of JSON on its standard input, and ends when the one who asks is gone."""

import json
import sys

from fuseboard.leaderboard.plots.svg import draw


def serve() -> None:
    """Answers every line [specification, description] by a line [drawing, error], one of which is null."""
    for line in sys.stdin:
        spec, description = json.loads(line)
        try:
            answer = [draw(spec, description), None]
        except ValueError as error:
            answer = [None, str(error)]
        print(json.dumps(answer), flush=True)
