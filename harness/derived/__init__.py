"""Derived versions: fitting what makes vectors smaller, and the command that derives."""
