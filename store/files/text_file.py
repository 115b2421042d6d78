"""A text that a person wrote: UTF-8 whatever editor saved it, or a line that says what else it is."""

from pathlib import Path

from fuseboard.store.errors import UsageError

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
MARK = b"\xef\xbb\xbf"
"""A byte order mark of UTF-8, with which editors of Windows begin a file."""


def decoded(data: bytes, where: Path | str) -> str:
    """Returns the text of a file without its byte order mark.

    Raises:
        UsageError: it is UTF-16, or a line of it is not UTF-8.
    """
    refuse_utf_16(data, where)
    try:
        return data.removeprefix(MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise UsageError(
            f"{where}: line {line}: the byte 0x{byte:02x} is not UTF-8 (is it Latin-1, or Windows-1252?); save the "
            "file as UTF-8"
        ) from error


def refuse_utf_16(data: bytes, where: Path | str) -> None:
    """Raises where a file, or its beginning, is UTF-16, as Excel's "Unicode text" and older PowerShells write it."""
    if data.startswith(UTF_16) or b"\0" in data[: 2**16]:
        raise UsageError(f'{where}: it is UTF-16, as Excel saves "Unicode text"; save it in UTF-8')
