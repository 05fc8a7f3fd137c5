"""The past: import, reconstruction, and comparison of snapshots."""
