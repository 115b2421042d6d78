"""What the Hub's client raises, as one line with the mend."""

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import errors as hub_errors

from fuseboard.store.errors import FuseboardError, UsageError

LOGIN = "log in with `hf auth login` or set HF_TOKEN to a token that may do this; ask for access where its page says so"


@contextmanager
def speaking(where: str, kind: str = "dataset") -> Iterator[None]:
    """Turns what the Hub's client raises into one line with the mend.

    Args:
        where: the repository, as messages name it.
        kind: `dataset` or `model`.
    """
    try:
        yield
    except FuseboardError:
        raise
    except hub_errors.OfflineModeIsEnabled as error:
        raise FuseboardError(
            f"{where}: HF_HUB_OFFLINE is set, so the Hub is not asked; unset it and run the same command again"
        ) from error
    except hub_errors.HFValidationError as error:
        raise UsageError(f"{where!r} is not the name of a repository on the Hub; write ORG/NAME") from error
    except hub_errors.GatedRepoError as error:
        raise FuseboardError(f"{where}: access is granted on request; ask for it on its page, then {LOGIN}") from error
    except hub_errors.RepositoryNotFoundError as error:
        raise FuseboardError(
            f"{where}: no such {kind} repository, or a private one; check the name, or {LOGIN}"
        ) from error
    except hub_errors.HfHubHTTPError as error:
        raise _answered(where, error) from error
    except (hub_errors.HTTPError, RuntimeError, ValueError, OSError) as error:  # type: ignore[attr-defined]
        if isinstance(error, OSError) and error.errno is not None:  # this machine's own disk, not the Hub
            raise
        # An upload's answer arrives wrapped.
        raise _answered(where, error.__cause__ if error.__cause__ is not None else error) from error


def _answered(where: str, error: BaseException) -> FuseboardError:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return FuseboardError(f"{where}: the Hub refused (HTTP {status}); {LOGIN}")
    if status is not None:
        return FuseboardError(f"{where}: the Hub answered HTTP {status}; run the same command again later to go on")
    reason = " ".join(str(error).split())
    return FuseboardError(
        f"{where}: the transfer failed ({reason}); see whether the Hub can be reached, and run the same command again"
    )
