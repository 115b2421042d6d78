"""Pages: HTML files that need nothing beside themselves, in the look of the leaderboard."""
