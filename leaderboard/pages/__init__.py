"""Each kind of page has one module here, which says what stands on it."""
