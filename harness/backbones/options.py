"""What commands of backbones share: whether a model's own code may run, and the question before a download."""

from typing import Annotated

import typer

Trust = Annotated[
    bool, typer.Option("--trust-remote-code", help="Let code from the model's repository run, where its card says so.")
]


def confirm(question: str) -> bool:
    """Asks on a terminal; where nobody can answer, the answer is no."""
    import sys

    return sys.stdin.isatty() and typer.confirm(question, err=True)
