"""The page for people at `/`: its own files, and what serves them."""
