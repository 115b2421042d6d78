"""The regression check compares every number with the reference."""
