"""What the commands of the harness share: options, tables, reports, and how a missing extra is installed."""
