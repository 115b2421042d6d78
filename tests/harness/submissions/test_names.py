"""Names: what the eye confuses, what systems mistake, and what may be called as it is."""

import pytest

from fuseboard.harness.backbones import registry
from fuseboard.harness.submissions.rules import names, urls


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dinov2-base", "dinov2_base"), ("uni", "un1"), ("musk", "rnusk"), ("plip", "\u0440lip"), ("h0g", "hog"),
        ("virchow2", "virchovv2"), ("retfound", "ret.found"), ("clip", "dip"), ("medsiglip", "med5iglip"),
    ],
)  # fmt: skip
def test_names_that_look_alike(one: str, other: str) -> None:
    assert names.skeleton(one) == names.skeleton(other)
    assert any("looks like" in finding.message for finding in names.findings(other, [one]))


def test_names_that_do_not_look_alike() -> None:
    shipped = registry.names()
    assert len({names.skeleton(name) for name in shipped}) == len(shipped)
    for name in ("efficientnet-lite3", "dinov3-large", "uni3", "a", "con-v2", "my.model_2"):
        (finding,) = names.findings(name, shipped)
        assert finding.status == "ok"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "10.0.0.1", "[::1]",
        "[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "localhost", "localhost.", "intranet", "a.local", "db.internal",
        "metadata.google.internal", "router.lan", "a.localhost", "10.0.0.1.nip.io", "127-0-0-1.sslip.io", "lvh.me",
        "a.test", "1.0.0.127.in-addr.arpa", "x.onion", "ex%61mple.org", "ex\u0430mple.org",
        "a_b.org", "-a.org", "a..org", "",
    ],
)  # fmt: skip
def test_hosts_that_are_not_public(host: str) -> None:
    assert urls.problem(f"https://{host}/weights.pth") is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://zenodo.org/a", "ftp://zenodo.org/a", "file:///etc/passwd", "https://u@zenodo.org/a", "//zenodo.org/a",
        "https://u:p@zenodo.org/a", "https://zenodo.org:8443/a", "https://zenodo.org:/a", "https://zenodo.org:x/a",
        "https://zenodo.org\\@127.0.0.1/a", "https://zenodo.org/a?to=http://127.0.0.1", "https://zenodo.org/a#b",
        "https://zenodo.org/../a", "https://zenodo.org/%2e%2e/a", "https://zenodo.org/a\n", "https://[zenodo.org/a",
    ],
)  # fmt: skip
def test_addresses_that_are_not_asked(url: str) -> None:
    assert urls.problem(url) is not None


@pytest.mark.parametrize("url", ["https://zenodo.org/records/10908163/files/DinoBloom-B.pth", "https://a.b.org:443/x"])
def test_public_addresses(url: str) -> None:
    assert urls.problem(url) is None
