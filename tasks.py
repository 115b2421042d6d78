from invoke import Context, task

from fuseboard import cli


@task(positional=["action"])
def leaderboard(c: Context, action: str) -> None:
    """`invoke leaderboard build|serve|check`: what `fuseboard leaderboard` does, with its defaults."""
    cli.main(["leaderboard", action])


@task
def test(c: Context) -> None:
    """Runs every test."""
    c.run("pytest -n auto --dist worksteal", pty=True)


@task
def lint(c: Context) -> None:
    """Checks style, format and types."""
    c.run("ruff check . && ruff format --check . && mypy", pty=True)


@task
def bench(c: Context) -> None:
    """Measures speed and memory against the peers, as ratios."""
    c.run("pytest tests/benchmarks -s", pty=True)


@task
def docs(c: Context) -> None:
    """Builds the documentation into `docs/_build/html`; a warning is an error."""
    c.run("sphinx-build -W --keep-going -q docs docs/_build/html", pty=True)
