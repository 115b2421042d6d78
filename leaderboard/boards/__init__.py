"""Boards: ranked tables, and what chance had to do with them, from the rows of a store."""
