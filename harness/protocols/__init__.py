"""Protocols: named, frozen sets of choices, one TOML each."""
