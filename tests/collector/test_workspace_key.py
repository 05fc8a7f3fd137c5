"""The key of a workspace's or a site's snapshots."""

from itertools import product

from collector.workspace_key import owner, workspace_key


def test_without_a_site_it_is_the_uniqueid() -> None:
    assert workspace_key("ykbENa84fxC5zW35X") == "ykbENa84fxC5zW35X"
    assert owner("ykbENa84fxC5zW35X") == {"workspace": "ykbENa84fxC5zW35X"}


def test_with_a_site_both_are_told_apart_again() -> None:
    assert workspace_key("ykbENa84fxC5zW35X", "berlin") == "ykbENa84fxC5zW35X@berlin"
    assert owner("ykbENa84fxC5zW35X@berlin") == {"workspace": "ykbENa84fxC5zW35X@berlin", "site": "berlin"}


def test_no_two_pairs_have_the_same_key_whatever_the_uniqueid_contains() -> None:
    pairs = list(product(("a", "a@", "@", "a@b", "@b", "a@b@", "a@@b", "a@b@c", "b", ""), ("", "b", "c", "b-c")))

    assert len({workspace_key(*pair) for pair in pairs}) == len(pairs)
    assert [owner(workspace_key(*pair)).get("site", "") for pair in pairs] == [site for _, site in pairs]
