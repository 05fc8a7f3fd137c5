"""The service, put together from its parts."""

from api.network.bounds import Bounds
from collector import daemon
from collector.settings import load


def test_connections_are_bounded_as_the_settings_say() -> None:
    settings = load(mongo_url="mongodb://localhost/rocketchat", max_connections=7, max_connections_per_address=3)

    assert daemon.bounds(settings) == Bounds(connections=7, per_address=3)
    assert daemon.bounds(load(mongo_url="mongodb://localhost/rocketchat")) == Bounds()
