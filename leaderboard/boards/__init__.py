"""Boards are ranked tables, with their uncertainty, made from the rows of a store."""
