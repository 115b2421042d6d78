"""Findings: what somebody with access to weights saw, as one file, and what a maintainer takes out of such a file."""
