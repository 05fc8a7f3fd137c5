"""The made-up snapshots of the ninety days before the demo."""
