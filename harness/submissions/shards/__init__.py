"""A stranger's shards: brought into quarantine, and read as what they are, foreign files."""
