"""This holds published figures of others, their known issues, and verdicts on them."""
