"""Which MongoDB a release of Rocket.Chat supports."""

import pytest

from collector.statistics.mongodb_support import Support, support
from collector.statistics.releases import Release


@pytest.mark.parametrize(
    ("rocketchat", "mongodb", "is_supported", "clause"),
    [
        ("6.12.1", "4.4.29", Support.YES, "which Rocket.Chat 6.12.1 supports"),
        ("6.12.1", "7.0.5", Support.NO, "which Rocket.Chat 6.12.1 does not support: it supports 4.4, 5.0, 6.0"),
        ("7.10.0", "4.4.29", Support.NO, "which Rocket.Chat 7.10 does not support: it supports 5.0, 6.0, 7.0"),
        ("7.10.0", "5.0.31", Support.YES, "which Rocket.Chat 7.10 supports, but has deprecated"),
        ("8.0.1", "8.2.1", Support.YES, "which Rocket.Chat 8.0.1 supports"),
        ("8.6.1", "6.0.5", Support.NO, "which Rocket.Chat 8.6.1 does not support: it supports 7.0, 8.0, 8.2"),
        ("8.6.1", "7.0.28", Support.YES, "which Rocket.Chat 8.6.1 supports, but has deprecated"),
        ("9.0.0", "7.0.28", Support.NO, "which Rocket.Chat 9.0 does not support: it supports 8.0, 8.2"),
        ("9.0.0-rc.1", "8.0.4", Support.YES, "which Rocket.Chat 9.0 supports"),
        ("5.4.0", "5.0.31", Support.UNKNOWN, "it is not known whether Rocket.Chat 5.4 supports it"),
        ("10.0.0", "9.0.1", Support.UNKNOWN, "it is not known whether Rocket.Chat 10.0 supports it"),
        (None, "8.0.4", Support.UNKNOWN, "it is not known whether this Rocket.Chat supports it"),
        ("8.6.1", "unknown", Support.UNKNOWN, "it is not known whether this Rocket.Chat supports it"),
    ],
)
def test_each_major_release_supports_its_own(
    rocketchat: str | None, mongodb: str, is_supported: Support, clause: str
) -> None:
    assert support(Release.parse(rocketchat), mongodb) == (is_supported, clause)
