"""The regression check: is every number still what the reference says."""
