"""Metadata as a block: what a table says of the patient, made numbers that join a search like a backbone's."""
