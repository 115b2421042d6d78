"""XGBoost's own trees on few rows, grown faster: bit for bit, or else by XGBoost."""
