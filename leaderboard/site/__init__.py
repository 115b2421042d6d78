"""The site: which pages there are, when they are written, and how."""
