"""Names of random weights: the same network untrained is a backbone of its own, under a name that no card may take."""

TYPED = ":random"
"""What one writes behind a backbone's name to mean its network with random weights."""

STORED = ".random"
"""How that is stored: names are folders, files and addresses, in which Windows allows no colon."""


def stored(spec: str) -> str:
    """`NAME:random`, with or without a fingerprint behind an `@`, as the store has it; any other text as it is."""
    name, at, prefix = spec.partition("@")
    return f"{name.removesuffix(TYPED)}{STORED}{at}{prefix}" if name.endswith(TYPED) else spec


def trained(name: str) -> str | None:
    """The backbone whose network with random weights a stored name means; None where it means any other."""
    return name.removesuffix(STORED) if name.endswith(STORED) else None
