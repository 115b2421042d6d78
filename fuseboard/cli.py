"""The command line: the composition of each package's commands, and the one place where errors become lines."""

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import fuseboard
from fuseboard import definitions, recommending, renamed
from fuseboard.harness import cli as harness_cli
from fuseboard.harness import quickstart
from fuseboard.harness.derived import cli as derived
from fuseboard.harness.metadata import cli as metadata
from fuseboard.harness.terminal.extras import what_is_missing
from fuseboard.harness.vector_audit import cli as vector_audit
from fuseboard.leaderboard import cli as leaderboard_cli
from fuseboard.leaderboard.context.providers import Providers
from fuseboard.store import cli as store_cli
from fuseboard.store.cli.options import StoreFolder
from fuseboard.store.errors import FuseboardError, SeveralFaults
from fuseboard.store.files import damage, names

if TYPE_CHECKING:
    from fuseboard.harness.backbones.card import Card
    from fuseboard.harness.datasets.dataset import Dataset
    from fuseboard.store.embeddings.dataset_protocol import Origin
    from fuseboard.store.store import Store

WrongUsage: type[typer.BadParameter] = typer.BadParameter.__base__  # type: ignore[assignment]
"""What Typer raises for any unknown command, option or value; it has moved from Click into Typer, this base has not."""

INTERRUPTED = 130
"""What Typer answers to Ctrl-C, and shells expect: 128 and the number of the signal."""


def _dataset(name: str) -> "Dataset":
    from fuseboard.harness.datasets import registry

    return registry.get(name)


def _card(name: str) -> "Card":
    from fuseboard.harness.backbones import registry

    return registry.get(name)


def _origin(name: str) -> "Origin":
    from fuseboard.harness.datasets import known_names

    return known_names.origin(name)


def _fault(submission: Path) -> str | None:
    try:
        from fuseboard.harness.submissions.folder import read

        return next((one.message for one in read(submission)[1] if one.is_bad), None)
    except ModuleNotFoundError:  # an installation without the harness builds the site without the check
        return None


def _current() -> dict[str, str]:
    from fuseboard.harness.backbones import registry

    return registry.fingerprints()


def _published() -> dict[str, str]:
    from fuseboard.harness.backbones import registry

    return registry.published()


def _refit(store: "Store", dataset: str, protocol: str, subset: tuple[str, ...]) -> dict[str, dict[str, float | None]]:
    from fuseboard.harness.search.refit import refit

    return refit(store, dataset, protocol, subset)


def _examples(dataset: str) -> dict[str, bytes]:
    try:
        from fuseboard.harness.datasets.examples import examples

        return examples(dataset)
    except ModuleNotFoundError:  # an installation without the harness builds the site without them
        return {}


def _files() -> list[Path]:
    from fuseboard.harness.datasets.paths import root

    package = Path(harness_cli.__file__).parent
    definitions = (
        "protocols/*",
        "backbones/cards/*",
        "backbones/*.py",
        "datasets/examples.py",
        "datasets/medmnist.py",
        "datasets/digits.py",
        "datasets/shipped/*",
    )
    found = [path for pattern in definitions for path in sorted(package.glob(pattern)) if path.is_file()]
    return [*found, *sorted(root().glob("*mnist*.npz"))]


app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Precomputed embeddings of biomedical images, honest fusion benchmarks over them, and their leaderboard.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"fuseboard {fuseboard.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    store: StoreFolder = None,
) -> None:
    if store is not None:  # for every command, and for the processes that it starts
        os.environ["FUSEBOARD_STORE"] = str(store)


app.add_typer(harness_cli.cli)
app.command()(recommending.recommend)
store = store_cli.commands(_dataset, _current, _origin, _card)
store.command()(vector_audit.audit)
store.command()(derived.derive)
store.command()(metadata.import_metadata)
app.add_typer(store, name="store")
sources = Providers(
    definitions.protocols,
    _examples,
    _files,
    is_own=lambda dataset: _origin(dataset) == "own",
    fault=_fault,
    own_protocols=definitions.own_protocols,
    published=_published,
)
app.add_typer(
    leaderboard_cli.commands(quickstart.run_if_empty, _refit, sources, _current, definitions.digests),
    name="leaderboard",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 a check or the work failed, 2 wrong usage, 130 interrupted."""
    if isinstance(sys.stdout, io.TextIOWrapper) and codecs.lookup(sys.stdout.encoding).name != "utf-8":
        # A pipe on Windows takes letters of one language: what is none of them is written as `\\u2192`, as on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:] if arguments is None else arguments)
    if code == INTERRUPTED:
        # Fits may still run in their threads, and Python itself may remember the signal and end by it: leave at once.
        # What was half-written has been removed on the way here.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(INTERRUPTED)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code, or INTERRUPTED."""
    arguments, notices = renamed.translate(arguments)
    for notice in notices:
        typer.echo(notice, err=True)
    before = os.environ.get("FUSEBOARD_STORE")
    try:
        with damage.told_in_lines():
            code = int(app(arguments, prog_name="fuseboard", standalone_mode=False) or 0)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return code
    except SeveralFaults as error:
        return _fail(error.message, error.exit_code, error.faults)
    except FuseboardError as error:
        return _fail(str(error), error.exit_code)
    except WrongUsage as error:
        return _fail(error.format_message(), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("interrupted; what was finished is kept, and the same command goes on from there", INTERRUPTED)
    except ModuleNotFoundError as error:
        if message := what_is_missing(error):
            return _fail(message, 1)
        raise
    except UnicodeEncodeError as error:
        if "surrogates" not in error.reason:
            raise
        return _fail(names.problem(error.object), 1)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        return _fail(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    finally:
        os.environ.pop("FUSEBOARD_STORE", None)
        if before is not None:
            os.environ["FUSEBOARD_STORE"] = before


def _fail(message: str, code: int, faults: Sequence[str] = ()) -> int:
    if message:  # or help was shown, because nothing was asked for
        typer.echo(f"error: {' '.join(message.split())}", err=True)
    for fault in faults:
        typer.echo(f"  {' '.join(fault.split())}", err=True)
    return code
