"""Output holds formatted numbers, folders that are replaced as a whole, and the preview server."""
