"""Where embeddings and results live: identity, files, SQL and remotes. Knows no model and no classifier."""
