"""A Rocket.Chat workspace to try rcstats on: a real MongoDB server, and sample data."""
