"""The HTTP API: Rocket.Chat's statistics routes over stored snapshots."""
