"""Attention: one vector from the tokens that several backbones give of an image."""
