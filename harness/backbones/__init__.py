"""Backbones: a card (data) and a loader (code) each."""
