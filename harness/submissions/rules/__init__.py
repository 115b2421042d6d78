"""What a submission's folder is held against before anything is fetched."""
