"""Embedding a sample of images again, and what differs where stored vectors are not those that come out."""
