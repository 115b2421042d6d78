"""Addresses of strangers: only public names over HTTPS, so that nobody's own network is asked for anything."""

import re
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})")
"""Two labels at least, the last of letters: no number in any spelling ends so, nor does an address in brackets."""

_QUAD = re.compile(r"(?:^|[.-])\d{1,3}(?:[.-]\d{1,3}){3}(?:[.-]|$)")
PRIVATE = {
    "arpa", "corp", "domain", "example", "home", "host", "internal", "intranet", "invalid", "lan", "local",
    "localdomain", "localhost", "onion", "private", "test",
}  # fmt: skip
"""Last labels that no public host has."""

LOOPBACK = {"localtest.me", "lvh.me", "vcap.me", "nip.io", "sslip.io", "xip.io", "lacolhost.com"}
"""Public names whose hosts are whatever address they spell, or one's own machine."""


def problem(url: str) -> str | None:
    """Why an address is not asked, or None. It is judged by its letters; no name is looked up."""
    if not url.isascii() or any(letter in url for letter in "\\ \t\r\n") or not url.isprintable():
        return "has letters that an address does not have"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"is no address: {error}"
    host = parts.netloc.lower().rpartition(":")[0] if port is not None else parts.netloc.lower()
    if parts.scheme != "https":
        return "is not https"
    if "@" in parts.netloc:
        return "names a user"
    if port not in (None, 443):
        return f"names port {port}"
    if not _HOST.fullmatch(host) or len(host) > 253:
        return "has a host that is no public name"
    if host.rpartition(".")[2] in PRIVATE or _QUAD.search(host):
        return "has a host of a private network"
    if any(f".{host}".endswith(f".{name}") for name in LOOPBACK):
        return "has a host that stands for one's own machine"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "has a query or a fragment, so it names no fixed file"
    if any(part in (".", "..") for part in parts.path.replace("%2e", ".").replace("%2E", ".").split("/")):
        return "has `..` in its path"
    return None
