"""The query string of statistics.list."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.query.listing import BadParametersError, BadQueryError, PageLimits, parameters, parse
from collector.key_paths import PATH
from collector.store.filters import COMPARISONS, LOGICAL, MAX_DEPTH, MAX_PARTS, MAX_PATTERN, NESTED, OPERATORS
from collector.store.parameters import MAX_TEXT, ListQuery

EVERY_OPERATOR_OF_MONGODB = """
$eq $ne $gt $gte $lt $lte $in $nin $and $or $nor $not $exists $type $expr $jsonSchema $mod $regex $options $text $where
$geoIntersects $geoWithin $near $nearSphere $all $elemMatch $size $bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet
$comment $rand $natural $function $accumulator $slice $meta $ref $id $db $oid $code $scope $minKey $maxKey $uuid
$binary $numberLong $timestamp $symbol $undefined $dbPointer $search $language $box $center $polygon $lookup
$out $merge $unionWith $set $unset $inc $push $query $orderby $hint $explain $max $min $returnKey $showDiskLoc
$maxTimeMS $snapshot $maxScan $regularExpression $sampleRate $encStrContains
""".split()


def parsed(**parameters: Any) -> ListQuery:
    raw = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return parse(raw, PageLimits())


def where(query: Any) -> Any:
    return parsed(query=query).where


def refused(**parameters: Any) -> BadQueryError:
    with pytest.raises(BadQueryError) as error:
        parsed(**parameters)
    return error.value


def test_the_default_is_the_first_page_newest_first() -> None:
    assert parsed() == ListQuery(where={}, sort={"createdAt": -1}, fields={}, offset=0, count=50)


def test_the_api_pages_parameters() -> None:
    query = parsed(
        query='{"_id":"v3D4mvobwfznKozH8"}',
        fields='{"os":0,"migration":0,"deploy":0,"process":0}',
        offset="0",
        count="1",
        sort='{"_id":1}',
    )
    assert query == ListQuery(
        where={"_id": "v3D4mvobwfznKozH8"},
        sort={"_id": 1},
        fields={"os": 0, "migration": 0, "deploy": 0, "process": 0},
        offset=0,
        count=1,
    )


def test_unknown_parameters_are_ignored() -> None:
    assert parsed(colour="blue") == parsed()


@pytest.mark.parametrize("name", ["query", "sort", "fields"])
def test_an_empty_parameter_counts_as_missing(name: str) -> None:
    assert parsed(**{name: ""}) == parsed(**{name: "{}"}) == parsed()


@pytest.mark.parametrize("name", ["query", "sort", "fields"])
@pytest.mark.parametrize(
    "raw", ["{", "nonsense", "{'a':1}", '{"a":NaN}', "[1]", '"text"', "5", "null", "\ud800", "[" * 4000]
)
def test_a_value_that_is_not_a_json_object_is_refused_with_the_servers_text(name: str, raw: str) -> None:
    error = refused(**{name: raw})

    assert error.error_type == f"error-invalid-{name}"
    assert error.error == f'Invalid {name} parameter provided: "{raw}" [error-invalid-{name}]'


def test_a_parameter_that_is_too_long_is_refused() -> None:
    assert "at most" in refused(query={"a": "x" * MAX_TEXT}).reason


NAMES = frozenset({"count", "query"})


class TestQueryString:
    def test_json_may_come_percent_encoded_or_not(self) -> None:
        plain = parameters('query={"name":"Grüße $x"}&count=1'.encode(), NAMES)

        assert plain == parameters(b"query=%7B%22name%22%3A%22Gr%C3%BC%C3%9Fe+%24x%22%7D&count=1", NAMES)
        assert plain == {"query": '{"name":"Grüße $x"}', "count": "1"}

    @pytest.mark.parametrize("name", ["offset", "count", "sort", "fields", "query", "refresh"])
    @pytest.mark.parametrize("form", ["{}[]=1", "{}[a]=1", "{}[0][b]=1", "{}=1&{}=2", "{}=1&{}[]=2", "{}%5B%5D=1"])
    def test_a_known_parameter_given_as_list_or_object_is_refused(self, name: str, form: str) -> None:
        with pytest.raises(BadParametersError):
            parameters(form.replace("{}", name).encode(), frozenset({name}))

    def test_unknown_parameters_may_have_any_form(self) -> None:
        assert parameters(b"count=1&a[]=1&a[]=2&sorted=3", NAMES) == {"count": "1"}

    @pytest.mark.parametrize("raw", [b"count=%ff", b"count=\xff", b"&".join([b"a=1"] * 501)])
    def test_an_undecodable_query_string_is_refused(self, raw: bytes) -> None:
        with pytest.raises(BadParametersError):
            parameters(raw, NAMES)


class TestSecrets:
    """What grants access is neither named nor probed for."""

    @pytest.mark.parametrize("key", ["statsToken", "statsToken.a", "joinCode", "e2e"])
    @pytest.mark.parametrize(
        "query",
        [
            {"KEY": "x"},
            {"KEY": {"$regex": "^a"}},
            {"$or": [{"a": 1}, {"KEY": {"$gt": "m"}}]},
            {"$nor": [{"$and": [{"KEY": {"$not": {"$exists": True}}}]}]},
        ],
    )
    def test_a_secret_key_is_refused_in_filters_at_any_depth(self, key: str, query: Any) -> None:
        named = json.loads(json.dumps(query).replace("KEY", key))

        assert refused(query=named).reason == f"Invalid attribute: {key}"

    @pytest.mark.parametrize("parameter", ["sort", "fields"])
    def test_a_secret_key_is_refused_in_sort_and_fields(self, parameter: str) -> None:
        assert refused(**{parameter: {"statsToken": 1}}).reason == "Invalid attribute: statsToken"

    def test_keys_that_only_start_like_a_secret_one_are_accepted(self) -> None:
        assert where({"statsTokens": 1, "a.statsToken": 1}) == {"statsTokens": 1, "a.statsToken": 1}


class TestPaths:
    """What a key path may be, in each parameter that has any."""

    @pytest.mark.parametrize("parameter", ["query", "sort", "fields"])
    @pytest.mark.parametrize(
        "path",
        [
            "a" + ".b" * 12,
            "a" + ".0" * 5,
            "0.1.2.3.4",
            "a.0.b.1.c.2.d.3.e.4",
            "a.2147483648",
            "a." + "9" * 150,
            "a" * 201,
            "0." * 4000 + "a",
        ],
    )
    def test_a_path_beyond_the_limits_is_refused_and_the_error_states_them(self, parameter: str, path: str) -> None:
        assert (
            "at most 200 characters and 12 parts, of which at most 4 are numbers"
            in refused(**{parameter: {path: 1}}).reason
        )

    @pytest.mark.parametrize("parameter", ["query", "sort", "fields"])
    @pytest.mark.parametrize(
        "path",
        ["a" + ".b" * 11, "a" + ".0" * 4, "a.0.b.1.c.2.d.3.e.f.g.h", "a.999999999", "a" * 200, "a.1b.2c.3d.4e.5f"],
    )
    def test_a_path_within_the_limits_is_accepted(self, parameter: str, path: str) -> None:
        query = parsed(**{parameter: {path: 1}})

        assert {"query": query.where, "sort": query.sort, "fields": query.fields}[parameter] == {path: 1}

    @pytest.mark.parametrize("place", [{"$or": [{"PATH": 1}]}, {"a": {"$elemMatch": {"PATH": 1}}}])
    def test_the_limits_apply_at_any_depth_of_a_query(self, place: Any) -> None:
        named = json.loads(json.dumps(place).replace("PATH", "a.0.0.0.0.0"))

        assert "at most" in refused(query=named).reason

    def test_the_openapi_schema_agrees_with_the_code(self) -> None:
        for path in ("a" + ".b" * 12, "a" + ".0" * 5, "a.0000000000", "a" * 201):
            assert not re.search(PATH, path)


class TestNumbers:
    """offset and count, as JavaScript's parseInt reads them."""

    @pytest.mark.parametrize(
        ("raw", "number"),
        [
            ("7", 7),
            ("10abc", 10),
            ("1e3", 1),
            ("0x10", 16),
            (" 7", 7),
            ("1.9", 1),
            ("+5", 5),
            ("007", 7),
            ("9" * 30, 2**63 - 1),
        ],
    )
    def test_a_number_is_read_as_the_server_reads_it(self, raw: str, number: int) -> None:
        assert parsed(offset=raw).offset == number

    @pytest.mark.parametrize("name", ["offset", "count"])
    @pytest.mark.parametrize("raw", ["abc", "-1", "-0x1", ".5", "null", "{}", "٣", "-0", "NaN"])
    def test_an_unreadable_or_negative_number_is_refused(self, name: str, raw: str) -> None:
        error = refused(**{name: raw})

        assert error.error_type == "invalid-params"
        assert name in error.error

    def test_a_count_above_the_limit_is_the_limit(self) -> None:
        assert parsed(count="1000").count == 100

    def test_a_count_of_zero_or_nothing_means_all(self) -> None:
        assert parsed(count="0").count == 0
        assert parsed(count="").count == 0

    @pytest.mark.parametrize(
        ("default", "upper", "infinite", "served"),
        [  # for no count, 0, 5, 25 and 500, by the contract's steps; 0 is everything
            (50, 100, True, [50, 0, 5, 25, 100]),
            (50, 100, False, [50, 50, 5, 25, 100]),
            (20, 30.0, False, [20, 20, 5, 25, 30]),
            (50, 20, True, [20, 0, 5, 20, 20]),
            (50, 20, False, [20, 50, 5, 20, 20]),
            (0, 100, True, [0, 0, 5, 25, 100]),
            (0, 100, False, [0, 0, 5, 25, 100]),
            (50, 0, True, [0, 0, 0, 0, 0]),
            (50, 0, False, [50, 50, 50, 50, 50]),
            (0, 0, False, [0, 0, 0, 0, 0]),
            (-1, -1, True, [50, 0, 5, 25, 100]),
            (-1, 20, False, [20, 50, 5, 20, 20]),
        ],
    )
    def test_the_workspaces_settings_limit_the_page(
        self, default: float, upper: float, infinite: bool, served: list[int]
    ) -> None:
        settings = {"API_Default_Count": default, "API_Upper_Count_Limit": upper, "API_Allow_Infinite_Count": infinite}
        limits = PageLimits.of(settings)

        assert [limits.count(asked) for asked in (None, 0, 5, 25, 500)] == served

    @pytest.mark.parametrize("odd", [-5, "50", None, float("nan"), float("inf"), True, [], 2**40])
    def test_a_setting_that_is_not_a_number_from_zero_on_is_replaced_by_the_default(self, odd: Any) -> None:
        limits = PageLimits.of({"API_Default_Count": odd, "API_Upper_Count_Limit": odd})

        assert limits == PageLimits()

    @pytest.mark.parametrize("value", [False, None, 0, ""])
    def test_a_page_of_everything_is_allowed_unless_the_setting_is_off(self, value: Any) -> None:
        assert PageLimits.of({}).allow_infinite
        assert not PageLimits.of({"API_Allow_Infinite_Count": value}).allow_infinite


class TestSort:
    def test_the_order_of_its_keys_is_kept(self) -> None:
        assert list(parsed(sort={"b": 1, "a": -1, "c.d": 1}).sort.items()) == [("b", 1), ("a", -1), ("c.d", 1)]

    @pytest.mark.parametrize("way", [0, 2, "1", True, None, {"$meta": "textScore"}, [], 1.5])
    def test_a_value_other_than_1_and_minus_1_is_refused(self, way: Any) -> None:
        assert refused(sort={"a": way}).error_type == "error-invalid-sort"

    @pytest.mark.parametrize("path", ["$natural", "", "a..b", "a.$b", ".a", "a\0b"])
    def test_a_key_that_is_not_a_path_is_refused(self, path: str) -> None:
        assert refused(sort={path: 1}).error_type == "error-invalid-sort"

    def test_too_many_keys_are_refused(self) -> None:
        assert refused(sort={f"k{n}": 1 for n in range(40)}).error_type == "error-invalid-sort"


class TestFields:
    def test_zeros_are_dropped_if_ones_are_given_too(self) -> None:
        assert parsed(fields={"version": 1, "_id": 0, "os": 0}).fields == {"version": 1}

    @pytest.mark.parametrize("shown", [2, -1, "1", True, False, None, {"$slice": 1}, {"$elemMatch": {}}, "$os"])
    def test_a_value_other_than_1_and_0_is_refused(self, shown: Any) -> None:
        assert refused(fields={"a": shown}).error_type == "error-invalid-fields"

    @pytest.mark.parametrize("fields", [{"os": 1, "os.cpus": 1}, {"os.cpus": 0, "os": 0}])
    def test_a_path_below_another_one_is_dropped(self, fields: dict[str, int]) -> None:
        assert parsed(fields=fields).fields == {"os": fields["os"]}

    def test_paths_with_a_common_prefix_are_not_below_one_another(self) -> None:
        assert parsed(fields={"os": 1, "oslo": 1}).fields == {"os": 1, "oslo": 1}

    @pytest.mark.parametrize("path", ["$where", "a.$", "", "a."])
    def test_a_key_that_is_not_a_path_is_refused(self, path: str) -> None:
        assert refused(fields={path: 1}).error_type == "error-invalid-fields"


NOT_TYPES: list[Any] = [
    *("", "Number", "int32", "missing", "$type", "number\0", 0, 20, -2, 128, 2**70, 1.5, 2.0, True, None),
    *([], ["number", 0], ["number", ["int"]], [True], {}, {"$date": 0}, {"name": "int"}, ["int"] * 23),
]
NOT_MOD: list[Any] = [
    *(4, "4", None, {}, [], [4], [4, 0, 0], [0, 0], [-0, 1], [4, None], ["4", 0], [True, 0], [4, False], [[4], 0]),
    *([4.5, 0], [4, 0.5], [4.0, 0], [2**63, 0], [4, -(2**63) - 1], [1e300, 0], [{"$date": 0}, 0], [4, {"a": 1}]),
]


class TestWhere:
    def test_dates_are_ejson(self) -> None:
        day = datetime(2018, 2, 24, 15, 13, tzinfo=UTC)

        assert where({"createdAt": {"$gte": {"$date": 1519485180000}}}) == {"createdAt": {"$gte": day}}
        assert where({"createdAt": {"$date": "2018-02-24T15:13:00.000Z"}}) == {"createdAt": day}
        assert where({"createdAt": {"$in": [{"$date": "2018-02-24T16:13:00+01:00"}]}}) == {"createdAt": {"$in": [day]}}

    @pytest.mark.parametrize(
        "moment",
        [
            *("yesterday", None, True, [], {}, 1e300, "2018-13-01"),
            *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),  # in UTC of the years 0 and 10000
        ],
    )
    def test_an_invalid_date_is_refused(self, moment: Any) -> None:
        assert "$date requires" in refused(query={"createdAt": {"$date": moment}}).reason

    def test_a_date_with_additional_keys_is_refused(self) -> None:
        refused(query={"createdAt": {"$date": 0, "$where": "1"}})

    def test_plain_documents_and_lists_are_compared_as_they_are(self) -> None:
        query = {"a": {"b": [1, {"c": None}]}, "d": [], "e": {}, "f.g": True}

        assert where(query) == query

    @pytest.mark.parametrize("operator", sorted(set(EVERY_OPERATOR_OF_MONGODB) - OPERATORS - {"$date"}))
    @pytest.mark.parametrize(
        "place",
        [
            lambda forbidden: forbidden,
            lambda forbidden: {"a": forbidden},
            lambda forbidden: {"$or": [{"a": 1}, forbidden]},
            lambda forbidden: {"$and": [{"$nor": [{"a": {"$not": forbidden}}]}]},
            lambda forbidden: {"a": {"$elemMatch": forbidden}},
            lambda forbidden: {"a": {"$elemMatch": {"b": forbidden}}},
            lambda forbidden: {"a": {"$in": [1, forbidden]}},
            lambda forbidden: {"a": {"$eq": {"b": [forbidden]}}},
            lambda forbidden: {"a": {"b": {"c": forbidden}}},
            lambda forbidden: {"a": {"$gt": 1} | forbidden},
        ],
    )
    def test_any_other_operator_is_refused_at_any_depth(self, operator: str, place: Any) -> None:
        assert refused(query=place({operator: "sleep(1)"})).error_type == "error-invalid-query"

    @pytest.mark.parametrize("operator", sorted(LOGICAL | {"$regex"}))
    def test_an_allowed_operator_in_a_wrong_place_is_refused(self, operator: str) -> None:
        refused(query={operator: "x"})
        refused(query={"a": {"$in": [{operator: "x"}]}})

    @pytest.mark.parametrize("operator", sorted(COMPARISONS - {"$in", "$nin", "$all", "$mod"}))
    def test_comparisons_pass(self, operator: str) -> None:
        assert where({"a.b": {operator: 5}}) == {"a.b": {operator: 5}}

    def test_logical_and_nested_operators_pass(self) -> None:
        query = {"$or": [{"a": 1}, {"$and": [{"b": {"$not": {"$gt": 2}}}, {"c": {"$elemMatch": {"$lt": 3}}}]}]}

        assert where(query) == query
        assert {"$not", "$elemMatch"} == NESTED

    @pytest.mark.parametrize(
        "query",
        [
            {"$or": {}},
            {"$or": []},
            {"$or": [1]},
            {"a": {"$in": 1}},
            {"a": {"$all": {}}},
            {"a": {"$size": -1}},
            {"a": {"$size": 1.5}},
            *({"a": {"$type": wrong}} for wrong in NOT_TYPES),
            *({"a": {"$not": {"$type": wrong}}} for wrong in NOT_TYPES),
            *({"a": {"$mod": wrong}} for wrong in NOT_MOD),
            *({"a": {"$elemMatch": {"$mod": wrong}}} for wrong in NOT_MOD),
            {"a": {"$not": 5}},
            {"a": {"$elemMatch": 5}},
            {"a": {"$regex": 5}},
            {"a": {"$regex": {}}},
            {"a": {"$regex": "x" * (MAX_PATTERN + 1)}},
            {"a": {"$regex": "a\0b"}},
            {"a": {"$regex": "a", "$options": "g"}},
            {"a": {"$regex": "a", "$options": 1}},
            {"a": {"$options": "i"}},
            {"a..b": 1},
            {"": 1},
            {"a\0b": 1},
            {"a": {"b\0": 1}},
            {"a": {"$gt": 1, "b": 2}},
        ],
    )
    def test_an_operand_that_mongodb_would_refuse_is_refused(self, query: dict[str, Any]) -> None:
        assert refused(query=query).error_type == "error-invalid-query"

    @pytest.mark.parametrize("of", ["number", "double", "minKey", 1, -1, 127, ["string", "null", 16], ["int"] * 22])
    def test_a_type_passes_by_name_and_number_and_in_a_list(self, of: Any) -> None:
        query = {"a": {"$type": of}, "b": {"$not": {"$type": of}}, "c": {"$elemMatch": {"$type": of}}}

        assert where(query) == query

    @pytest.mark.parametrize("pair", [[4, 0], [-3, -1], [2**63 - 1, -(2**63)], [-1, 7]])
    def test_divisor_and_remainder_pass_within_64_bits(self, pair: list[int]) -> None:
        query = {"a": {"$mod": pair}, "b": {"$not": {"$mod": pair}}, "c": {"$elemMatch": {"$mod": pair}}}

        assert where(query) == query

    def test_the_error_states_what_type_and_mod_require(self) -> None:
        assert refused(query={"a": {"$type": "integer"}}).reason.startswith("$type requires a name or number of a BSON")
        assert refused(query={"a": {"$mod": [0, 1]}}).reason.startswith("$mod requires a list of two 64-bit integers")

    def test_a_pattern_passes_with_its_options(self) -> None:
        query = {"version": {"$regex": "^7", "$options": "i"}}

        assert where(query) == query

    def test_a_filter_nested_too_deeply_is_refused(self) -> None:
        query: Any = 1
        for _ in range(MAX_DEPTH):
            query = {"a": query}

        assert where(query) == query
        refused(query={"a": query})

    def test_too_many_parts_are_refused(self) -> None:
        assert where({"a": {"$in": list(range(MAX_PARTS - 2))}})
        refused(query={"a": {"$in": list(range(MAX_PARTS))}})
        refused(query={"$or": [{"a": 1}] * MAX_PARTS})

    def test_whole_numbers_beyond_64_bits_are_doubles_as_in_javascript(self) -> None:
        assert where('{"a": 18446744073709551615}') == {"a": float(2**64)}

    def test_the_error_names_the_refused_operator(self) -> None:
        assert refused(query={"$where": "1"}).reason == "Invalid operation: $where"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from([*EVERY_OPERATOR_OF_MONGODB, "$date", "a", "a.b"]) | st.text(), inner)
    ),
    max_leaves=20,
)


def operators_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return {found for item in value for found in operators_in(item)}
    if not isinstance(value, dict):
        return set()
    own = {key for key in value if key.startswith("$")}
    return own | {found for item in value.values() for found in operators_in(item)}


@given(json_values)
def test_any_filter_is_refused_or_contains_only_allowed_operators(query: Any) -> None:
    try:
        accepted = parse({"query": json.dumps(query)}, PageLimits()).where
    except BadQueryError:
        return
    assert operators_in(accepted) <= OPERATORS
