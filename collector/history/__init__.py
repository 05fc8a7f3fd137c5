"""The past: what is kept of it, where it comes from, and what it tells."""
