"""Feeds are what programs read of the site."""
