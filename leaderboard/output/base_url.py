"""The URL of a site says where it will stand, as links from elsewhere need it."""

from urllib.parse import urlsplit

from fuseboard.store.errors import UsageError

HERE = "http://127.0.0.1"
"""How the address of a site begins that nobody but its builder can open, so that no citation names it."""
FIX = "give one such as https://example.org/fuseboard/"


def is_public(url: str) -> bool:
    """Tell whether others can open the address of a site."""
    return not url.startswith(HERE)


def normal(text: str) -> str:
    """Return the same URL with a slash at the end.

    Raises:
        UsageError: it is no http(s) address that a path could follow.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # a wrong one is found out only when it is asked for
    except ValueError as error:
        raise UsageError(f"--url {text!r}: {error}; {FIX}") from error
    if not text.isascii() or not text.isprintable() or any(letter in text for letter in ' "<>\\^`{|}'):
        raise UsageError(f"--url {text!r}: holds letters that no URL has; write them percent-encoded")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--url {text!r}: is no http or https address; {FIX}")
    if "@" in parts.netloc:
        raise UsageError("--url: holds a user name or password, which would stand on every page; leave it out")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise UsageError(f"--url {text!r}: has a query or fragment, which no page can follow; {FIX}")
    return text if text.endswith("/") else f"{text}/"
