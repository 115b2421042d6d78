"""Feeds: what programs read of the site."""
