"""How it is shown: ranks the rows of a store, sets them beside published numbers, and renders a static site."""
