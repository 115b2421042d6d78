"""One's own images: a TOML makes a folder or a table of them a dataset."""
