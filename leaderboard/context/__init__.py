"""The context holds what all pages of a site share, read and computed once."""
