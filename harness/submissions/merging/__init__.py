"""What maintainers do: take data files out of a pull request, and accepted submissions into a store."""
