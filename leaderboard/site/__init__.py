"""The site package says which pages there are, when they are written, and how."""
