"""The HTTP layer: Rocket.Chat's statistics routes over the stored snapshots."""
