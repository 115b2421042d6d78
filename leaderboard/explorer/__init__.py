"""The explorer shows every subset of a board, and the tables of it to download."""
