"""Submissions: another person's backbone as data. Nobody's word is taken for a score, nothing foreign runs."""
