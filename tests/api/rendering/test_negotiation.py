"""The headers by which clients choose a response."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from api.rendering import compression, tabular
from api.rendering.envelope import JSON
from api.rendering.negotiation import LONGEST, MOST, names, value, weights
from api.rendering.tabular import CSV, NDJSON


@pytest.mark.parametrize(
    ("header", "found"),
    [
        # RFC 9110, 12.5.1 and 12.5.3
        ("audio/*; q=0.2, audio/basic", {"audio/*": 0.2, "audio/basic": 1}),
        (
            "text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c",
            {"text/plain": 0.5, "text/html": 1, "text/x-dvi": 0.8, "text/x-c": 1},
        ),
        ("text/*, text/plain, text/plain;format=flowed, */*", {"text/*": 1, "text/plain": 1, "*/*": 1}),
        (
            "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5",
            {"text/*": 0.3, "text/plain": 1, "*/*": 0.5},
        ),
        ("compress, gzip", {"compress": 1, "gzip": 1}),
        ("compress;q=0.5, gzip;q=1.0", {"compress": 0.5, "gzip": 1}),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", {"gzip": 1, "identity": 0.5, "*": 0}),
        # spaces, case, empty items, quoted separators
        ("", {}),
        (" , ,,\tGZIP ; Q=0.25\t,", {"gzip": 0.25}),
        ('a/b;c="x,y;q=0, \\"z\\"";q=0.125, d/e', {"a/b": 0.125, "d/e": 1}),
        ('a/b;c="never closed, d/e;q=0', {"a/b": 1}),
        # weights that are none
        *((f"gzip;q={odd}", {}) for odd in ("", "x", "2", "-1", "1.1", "nan", "inf", "1e-1", ".5", '"1"', "٠")),
        ("gzip;q=0,5", {"gzip": 0, "5": 1}),
        (";q=1, ;, ;;", {}),
    ],
)
def test_a_list_has_items_with_weights(header: str, found: dict[str, float]) -> None:
    assert dict(weights(header)) == found


def test_only_the_start_of_a_list_is_read_and_no_item_in_part() -> None:
    assert len(weights(",".join(f"a{n}" for n in range(2 * MOST)))) == MOST
    assert dict(weights("a" * (LONGEST - 8) + ",b;q=0.5")) == {"a" * (LONGEST - 8): 1, "b": 0.5}
    assert dict(weights("a" * (LONGEST - 7) + ",b;q=0.5")) == {"a" * (LONGEST - 7): 1}


def test_a_header_in_several_lines_is_one_list() -> None:
    lines = Headers(raw=[(b"accept", b"text/csv;q=0.5"), (b"x", b"y"), (b"accept", b"application/json;q=0.1")])

    assert dict(weights(value(lines, "accept"))) == {"text/csv": 0.5, "application/json": 0.1}
    assert value(lines, "accept-encoding") == ""


@pytest.mark.parametrize(
    ("accepted", "coding", "is_required"),
    [
        # RFC 9110, 12.5.3
        ("compress, gzip", "gzip", False),
        ("", "", False),
        ("*", "zstd", False),
        ("compress;q=0.5, gzip;q=1.0", "gzip", False),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", "gzip", False),
        # the highest weight, then our own preference
        ("gzip, zstd", "zstd", False),
        ("gzip;q=0.9, zstd;q=0.8", "gzip", False),
        ("gzip;q=0.001, br", "gzip", False),
        ("zstd;q=0.5, *", "gzip", False),
        ("gzip;q=0.5, *", "zstd", False),
        ("*;q=0.5, gzip;q=0.6", "gzip", False),
        ("zstd;q=0, *", "gzip", False),
        ("x-gzip", "gzip", False),
        ("x-gzip;q=0, gzip;q=0, zstd;q=0, *", "", False),
        # identity
        ("identity", "", False),
        ("identity, gzip;q=0.5", "", False),
        ("identity;q=0.5, gzip", "gzip", False),
        ("identity;q=0.5, gzip;q=0.5", "gzip", False),
        ("br, deflate", "", False),
        ("gzip;q=0, zstd;q=0", "", False),
        ("gzip, identity;q=0", "gzip", True),
        ("*, identity;q=0", "zstd", True),
        ("gzip, *;q=0", "gzip", True),
        # nothing is acceptable
        ("identity;q=0", "", False),
        ("*;q=0", "", False),
        ("br, identity;q=0", "", False),
    ],
)
def test_the_coding_is_the_best_that_the_client_accepts(accepted: str, coding: str, *, is_required: bool) -> None:
    assert compression.chosen(accepted) == (coding, is_required)


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("application/json, text/plain, */*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=UTF-8", CSV),
        ("text/*", CSV),
        ("application/x-ndjson", NDJSON),
        ("application/*", JSON),
        ("text/csv, */*", CSV),
        ("*/*, text/csv", CSV),
        ("text/csv, application/json", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv;q=0.5, application/x-ndjson;q=0.9", NDJSON),
        ("text/csv;q=0.5, application/json;q=0.4, */*;q=0.6", NDJSON),
        ("text/csv;q=0.9, application/*;q=0.8", CSV),
        ("application/json;q=0, */*", CSV),
        ("application/json;q=0, text/*;q=0, */*;q=0.1", NDJSON),
        # nothing is acceptable
        ("application/json;q=0", JSON),
        ("text/html", JSON),
        ("*/*;q=0", JSON),
        ("text/csv;q=0", JSON),
        ("text/csv;q=0, text/*;q=0.5", JSON),
        ("text", JSON),
    ],
)
def test_the_content_type_is_the_best_that_the_client_accepts(accepted: str, kind: str) -> None:
    assert tabular.chosen({}, accepted) == kind


@pytest.mark.parametrize(
    "header",
    [
        '"tag"',
        'W/"tag"',
        ' W/"tag" ',
        '"other","tag"',
        'W/"other" , W/"tag"',
        '"a,b", "tag"',
        '"a\\", "tag"',
        '"","tag",""',
        ',, "tag"',
        'junk, "tag"',
        'w/"x", "tag"',
        "*",
        " * ",
    ],
)
def test_a_tag_is_found_among_others(header: str) -> None:
    assert names(header, "tag")


@pytest.mark.parametrize(
    "header",
    [
        *("", "tag", "W/tag", "'tag'", '"tag', 'tag"', '"Tag"', '" tag"', '"tag "', 'w/"tag"', 'W/ "tag"', 'x"tag"'),
        *('"tag"x', '"tag" "x"', '"a,tag,b"', '"xtag", "tagx"', '"*"', "*x", '*, "x"', "W/*"),
        '"x",' * MOST + '"tag"',
    ],
)
def test_what_only_resembles_a_tag_is_none(header: str) -> None:
    assert not names(header, "tag")


tags = st.text("!#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x80\xe9\xff")


@given(st.lists(st.tuples(st.booleans(), tags), max_size=MOST), tags)
def test_any_list_of_tags_is_read_back(listed: list[tuple[bool, str]], tag: str) -> None:
    header = ", ".join(f'{"W/" if is_weak else ""}"{opaque}"' for is_weak, opaque in listed)

    assert all(names(header, opaque) for _, opaque in listed)
    assert names(header, tag) == (tag in [opaque for _, opaque in listed])


tokens = st.text("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~", min_size=1)
spaces = st.sampled_from(["", " ", "\t"])


@given(st.dictionaries(tokens, st.integers(0, 1000), max_size=20), spaces)
def test_any_weighted_list_is_read_back(listed: dict[str, int], space: str) -> None:
    items = [f"{name}{space};{space}q={weight / 1000:.3f}" for name, weight in listed.items()]
    header = f"{space},{space}".join(items)

    if len(header) <= LONGEST:
        assert dict(weights(header)) == {name: weight / 1000 for name, weight in listed.items()}


CODINGS = ["gzip", "zstd", "br", "identity", "*"]


@given(st.dictionaries(st.sampled_from(CODINGS), st.integers(0, 3)))
def test_no_coding_is_chosen_that_the_client_refuses_or_likes_less(listed: dict[str, int]) -> None:
    name = compression.chosen(",".join(f"{coding};q={weight / 10}" for coding, weight in listed.items())).name
    weighed = {coding: listed.get(coding, listed.get("*", 0)) for coding in compression.NAMES}

    if name:
        assert weighed[name] == max(weighed.values()) > 0
        assert weighed[name] >= listed.get("identity", 0)
    else:
        assert max(weighed.values()) == 0 or listed.get("identity", listed.get("*", 0)) > max(weighed.values())


PIECES = st.sampled_from([*'",;=*/\\ \t', "q=", "W/", "gzip", "identity", "text/csv", "0.5", "1", "é", "\x00", "\xff"])


@given(st.text() | st.lists(PIECES).map("".join))
def test_no_header_is_an_error(header: str) -> None:
    assert compression.chosen(header).name in {"", *compression.NAMES}
    assert tabular.chosen({}, header) in {JSON, CSV, NDJSON}
    assert names(header, "tag") in {True, False}


@pytest.mark.parametrize("read", [weights, compression.chosen, lambda header: names(header, "tag")])
@pytest.mark.parametrize("part", ['"', '",', '"\\', '"a"x,', "a;", "a=", ";q=", 'W/"', " ", "\t,", '\\"'])
def test_the_largest_header_is_read_quickly(read: Callable[[str], Any], part: str) -> None:
    header = part * (2**16 // len(part))
    begun = time.process_time()  # other processes do not count
    read(header)

    assert time.process_time() - begun < 0.1
