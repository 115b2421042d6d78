"""Releases are frozen boards: named, whole, and never written again."""
