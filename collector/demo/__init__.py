"""The demo: a real MongoDB server with a sample Rocket.Chat workspace."""
