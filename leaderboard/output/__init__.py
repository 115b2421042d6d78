"""Output: formatted numbers, folders replaced as a whole, the preview server."""
