"""statistics.series: figures over time, in buckets made by the database."""

import csv
import io
import json
import math
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from api.query.series import parse
from api.routes.statistics import MOST_ROWS
from collector.store.snapshots import TRENDS, Store
from tests.api.conftest import ADMIN, LIST, client_of
from tests.factories import NOW, hours, keep, nulls, snapshot

Db = Database[dict[str, Any]]
SERIES = "/api/v1/statistics.series"
ALL = {"start": "2024-03-01", "end": "2024-03-16"}


def at(text: str, **values: Any) -> dict[str, Any]:
    return snapshot(at=datetime.fromisoformat(text).replace(tzinfo=UTC), **values)


def asked(client: TestClient, fields: str, **parameters: str) -> dict[str, Any]:
    answer = client.get(SERIES, params=ALL | {"fields": fields} | parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_bucket_has_its_last_value_and_empty_buckets_are_left_out(workspace: Db, admin: TestClient) -> None:
    keep(workspace, at("2024-03-10T08:00", totalUsers=5), at("2024-03-10T20:00", totalUsers=7))
    keep(workspace, at("2024-03-13T08:00", totalUsers=9), at("2024-03-13T09:00"))

    body = asked(admin, "totalUsers,missing")
    assert body["at"] == ["2024-03-10T00:00:00.000Z", "2024-03-13T00:00:00.000Z"]
    assert body["series"] == {"totalUsers": [7, 9], "missing": [None, None]}
    assert {key: body[key] for key in ("every", "how", "timezone", "count")} == {
        "every": "1d",
        "how": "last",
        "timezone": "UTC",
        "count": 2,
    }
    assert list(body)[-1] == "success"
    assert "content-disposition" not in admin.get(SERIES, params=ALL | {"fields": "totalUsers"}).headers


@pytest.mark.parametrize(
    ("how", "expected"),
    [("last", [3, 8]), ("min", [3, 6]), ("max", [9, 8]), ("mean", [6, 7]), ("delta", [None, 5])],
)
def test_the_value_of_a_bucket(workspace: Db, admin: TestClient, how: str, expected: list[float]) -> None:
    for day, values in (("10", (9, 3)), ("11", (6, 8))):
        keep(workspace, *[at(f"2024-03-{day}T{8 + n:02}:00", totalUsers=value) for n, value in enumerate(values)])

    assert asked(admin, "totalUsers", how=how)["series"]["totalUsers"] == expected


def test_there_is_no_difference_after_a_gap(workspace: Db, admin: TestClient) -> None:
    keep(workspace, *[at(f"2024-03-{day}T08:00", totalUsers=int(day)) for day in ("10", "11", "13", "14")])

    assert asked(admin, "totalUsers", how="delta")["series"]["totalUsers"] == [None, 1, None, 1]


def test_buckets_lie_on_the_calendar_of_the_zone_also_where_clocks_change(workspace: Db, admin: TestClient) -> None:
    keep(workspace, *[snapshot(at=datetime(2020, 10, 23, tzinfo=UTC) + hours(n), totalUsers=n) for n in range(96)])

    body = asked(
        admin, "totalUsers", start="2020-10-24", end="2020-10-27", timezone="Europe/Berlin", every="1d", how="delta"
    )
    assert body["at"] == ["2020-10-23T22:00:00.000Z", "2020-10-24T22:00:00.000Z", "2020-10-25T23:00:00.000Z"]
    assert body["series"]["totalUsers"] == [None, 25, 24]


def test_the_bucket_that_contains_the_start_is_complete(workspace: Db, admin: TestClient) -> None:
    keep(workspace, at("2024-03-10T01:00", totalUsers=1), at("2024-03-10T20:00", totalUsers=3))

    assert asked(admin, "totalUsers", start="2024-03-10T12:00:00Z", how="min")["series"]["totalUsers"] == [1]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("os.loadavg.1", 2),
        ("uniqueUsersOfYesterday.data.0.count", 12),
        ("uniqueUsersOfYesterday.data.0.roles.0.role", "user"),
        ("os.loadavg.7", None),
        ("os.loadavg.1.x", None),
        ("os.type", "Linux"),
        ("lastLogin", "2024-03-15T12:30:00.000Z"),
    ],
)
def test_paths_reach_into_documents_and_lists(workspace: Db, admin: TestClient, path: str, value: Any) -> None:
    users = {"data": [{"count": 12, "roles": [{"role": "user"}]}]}
    keep(workspace, snapshot(os={"loadavg": [1, 2, 3], "type": "Linux"}, uniqueUsersOfYesterday=users, lastLogin=NOW))

    assert asked(admin, path)["series"] == {path: [value]}


def test_text_is_not_a_number(workspace: Db, admin: TestClient) -> None:
    keep(workspace, at("2024-03-10T01:00", totalUsers="many"), at("2024-03-10T02:00", totalUsers=3))

    assert asked(admin, "totalUsers", how="max")["series"]["totalUsers"] == [3]
    assert asked(admin, "totalUsers", how="mean")["series"]["totalUsers"] == [3]


def test_a_series_excludes_other_workspaces(workspace: Db, admin: TestClient) -> None:
    keep(workspace, snapshot("other", totalUsers=1000))

    assert asked(admin, "totalUsers")["at"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fields", ""),
        ("fields", "$where"),
        ("fields", "a,,b"),
        ("fields", "statsToken"),
        ("fields", "0"),
        ("fields", ",".join(f"f{n}" for n in range(41))),
        ("start", "yesterday"),
        ("start", "-1"),
        ("start", "now+7d"),
        ("start", "99999999999999"),
        ("start", "1709287200000.5"),
        ("start", "-99999y"),
        ("end", "2024-02-30"),
        ("start", "2030-01-01"),
        ("every", "0d"),
        ("every", "1"),
        ("every", "1s"),
        ("how", "median"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("format", "xml"),
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(admin: TestClient, name: str, value: str) -> None:
    answer = admin.get(SERIES, params=ALL | {"fields": "totalUsers", name: value})

    assert answer.status_code == 400
    assert answer.json()["errorType"] == f"error-invalid-{name}"
    assert answer.json()["details"]["reason"]


@pytest.mark.parametrize("width", [{"every": "9999y"}, {"start": "0001-01-01", "every": "1mo"}])
def test_times_at_the_ends_of_the_calendar_are_served(workspace: Db, admin: TestClient, width: dict[str, str]) -> None:
    keep(workspace, at("2024-03-10T08:00", totalUsers=5))

    assert asked(admin, "totalUsers", **width)["series"]["totalUsers"] == [5]


@pytest.mark.parametrize("kind", ["json", "csv", "ndjson"])
def test_a_misspelt_field_is_a_400_that_names_the_statistic(workspace: Db, kind: str) -> None:
    keep(workspace, at("2024-03-10T08:00", totalUsers=5))
    with client_of(workspace, entries=[{"key": "totalUsers"}]) as client:
        answer = client.get(SERIES, params=ALL | {"fields": "totlaUsers", "format": kind}, headers=ADMIN)

    assert (answer.status_code, answer.json()["errorType"]) == (400, "error-invalid-fields")
    assert answer.json()["details"]["reason"] == "totlaUsers is not a statistic; did you mean totalUsers?"


@pytest.mark.parametrize("field", ["missing", "totlaUsers"])
def test_a_field_that_a_snapshot_has_or_that_is_like_no_statistic_is_served(workspace: Db, field: str) -> None:
    keep(workspace, at("2024-03-10T08:00", totlaUsers=5))
    with client_of(workspace, entries=[{"key": "totalUsers"}]) as client:
        client.headers.update(ADMIN)
        assert asked(client, field)["series"] == {field: [5 if field == "totlaUsers" else None]}


def test_too_many_buckets_are_refused(admin: TestClient) -> None:
    answer = admin.get(SERIES, params={"fields": "a", "start": "2000-01-01", "end": "2024-01-01", "every": "1m"})

    assert "more than 50000 buckets" in answer.json()["details"]["reason"]


def test_a_series_is_refused_without_the_permission(anonymous: TestClient) -> None:
    assert anonymous.get(SERIES, params={"fields": "totalUsers"}).status_code == 401


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("-30d", NOW - timedelta(days=30)),
        ("-2w", NOW - timedelta(weeks=2)),
        ("2024-03-01", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("2024-03-01T10:00:00Z", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("2024-03-01T10:00:00+05:00", datetime(2024, 3, 1, 5, tzinfo=UTC)),
        ("20240301", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("now-7d", NOW - timedelta(days=7)),
        ("1709287200", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ("1709287200.5", datetime(2024, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("1709287200000", datetime(2024, 3, 1, 10, tzinfo=UTC)),
    ],
)
def test_times_are_absolute_or_before_now(start: str, expected: datetime) -> None:
    assert parse({"fields": "a", "start": start}, "Europe/Berlin", NOW).start == expected


@pytest.mark.parametrize(("how", "zone"), [("last", "UTC"), ("mean", "Europe/Berlin"), ("max", "Asia/Kolkata")])
@pytest.mark.parametrize("every", ["1h", "1d", "1w", "1mo"])
def test_it_equals_a_naive_recount(workspace: Db, admin: TestClient, how: str, zone: str, every: str) -> None:
    rng = random.Random(f"{how}{zone}{every}")  # noqa: S311  no secret
    moments = sorted({NOW - timedelta(minutes=rng.randrange(60 * 24 * 60)) for _ in range(300)})
    kept = [snapshot(at=moment, totalUsers=rng.choice([None, rng.randrange(1000)])) for moment in moments]
    keep(workspace, *kept)

    body = asked(admin, "totalUsers", start="2023-12-01", end="2024-04-01", how=how, timezone=zone, every=every)
    expected = recount(kept, how, ZoneInfo(zone), every)
    assert dict(zip(body["at"], body["series"]["totalUsers"], strict=True)) == pytest.approx(expected)


def recount(kept: Sequence[dict[str, Any]], how: str, zone: ZoneInfo, every: str) -> dict[str, Any]:
    """Bucket by bucket, in local time."""
    buckets: dict[str, list[Any]] = {}
    for one in kept:
        local = one["createdAt"].astimezone(zone)
        begun = {
            "1h": local.replace(minute=0, second=0),
            "1d": datetime.combine(local.date(), datetime.min.time(), zone),
            "1w": datetime.combine(local.date() - timedelta(days=local.weekday()), datetime.min.time(), zone),
            "1mo": datetime.combine(date(local.year, local.month, 1), datetime.min.time(), zone),
        }[every].astimezone(UTC)
        buckets.setdefault(f"{begun:%Y-%m-%dT%H:%M:%S}.000Z", []).append(one["totalUsers"])
    return {begun: _one(values, how) for begun, values in buckets.items()}


def _one(values: list[Any], how: str) -> Any:
    numbers = [value for value in values if value is not None]
    if not numbers:
        return None
    return {"last": numbers[-1], "max": max(numbers), "mean": math.fsum(numbers) / len(numbers)}[how]


@pytest.mark.parametrize("by", ["format", "accept"])
def test_a_series_as_csv(workspace: Db, admin: TestClient, by: str) -> None:
    keep(workspace, at("2024-03-10T08:00", totalUsers=5, a="=1+1", b=[1, 2]), at("2024-03-11T08:00"))
    headers = {"Accept": "text/csv"} if by == "accept" else {}
    parameters = ALL | {"fields": "totalUsers,a,b"} | ({"format": "csv"} if by == "format" else {})
    answer = admin.get(SERIES, params=parameters, headers=headers)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="statistics.series.csv"'
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["at", "totalUsers", "a", "b"],
        ["2024-03-10T00:00:00.000Z", "5", "'=1+1", "[1,2]"],
        ["2024-03-11T00:00:00.000Z", "", "", ""],
    ]


def test_a_series_as_ndjson(workspace: Db, admin: TestClient) -> None:
    keep(workspace, at("2024-03-10T08:00", totalUsers=5))
    answer = admin.get(SERIES, params=ALL | {"fields": "totalUsers", "format": "ndjson"})

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="statistics.series.ndjson"'
    assert [json.loads(row) for row in answer.text.splitlines()] == [
        {"at": "2024-03-10T00:00:00.000Z", "totalUsers": 5}
    ]


def test_the_list_as_csv_and_ndjson(workspace: Db, admin: TestClient) -> None:
    keep(workspace, snapshot(_id="a", totalUsers=1, os={"freemem": 2}), snapshot(_id="b", at=NOW - hours(1), x=3))
    fields = '{"totalUsers":1,"os.freemem":1,"x":1}'

    table = admin.get(LIST, params={"format": "csv", "fields": fields}).text
    assert list(csv.reader(io.StringIO(table))) == [
        ["_id", "totalUsers", "os.freemem", "x"],
        ["a", "1", "2", ""],
        ["b", "", "", "3"],
    ]
    lines = admin.get(LIST, params={"fields": fields}, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(row)["_id"] for row in lines] == ["a", "b"]


def test_a_table_whose_columns_are_named_is_not_held_in_memory(workspace: Db, admin: TestClient) -> None:
    keep(workspace, *(snapshot(totalUsers=n, os={"type": "Linux"}) for n in range(MOST_ROWS + 1)))

    refused = admin.get(LIST, params={"format": "csv", "count": 0})
    assert (refused.status_code, refused.json()["errorType"]) == (400, "error-invalid-format")
    assert "needs the parameter fields" in refused.json()["details"]["reason"]

    table = admin.get(LIST, params={"format": "csv", "count": 0, "fields": '{"totalUsers":1,"os":1}'}).text
    head, first, *rest = csv.reader(io.StringIO(table))
    assert (head, first[2], len(rest)) == (["_id", "totalUsers", "os"], '{"type":"Linux"}', MOST_ROWS)


def test_series_of_common_figures_are_covered_by_the_index(workspace: Db, admin: TestClient) -> None:
    Store(workspace).prepare()
    keep(workspace, *[snapshot(at=NOW - hours(n), totalUsers=n, totalMessages=n) for n in range(100)])
    asked(admin, "totalUsers")  # the first one asks for the time zone too
    workspace.command("profile", 2)
    asked(admin, "totalUsers,totalMessages,os.freemem", how="max")
    workspace.command("profile", 0)
    (entry,) = workspace["system.profile"].find({"command.aggregate": "statistics"})

    assert entry["docsExamined"] == 0
    assert {"totalUsers", "totalMessages"} <= set(TRENDS)


def test_an_unchanged_series_is_not_sent_again(admin: TestClient) -> None:
    answer = admin.get(SERIES, params=ALL | {"fields": "totalUsers"})

    again = admin.get(SERIES, params=ALL | {"fields": "totalUsers"}, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_forecast_reports_growth_and_anomalies(workspace: Db, admin: TestClient) -> None:
    present = datetime.now(UTC) - timedelta(minutes=1)
    keep(
        workspace,
        *[
            snapshot(at=present - hours(back), totalUsers=5000 - back, onlineUsers=50 if back else 2)
            for back in range(70 * 24)
        ],
    )
    body = admin.get("/api/v1/statistics.forecast").json()

    (growth,) = body["growth"]
    assert (growth["key"], growth["weekly"]) == ("totalUsers", 168)
    assert 5000 - 25 <= growth["now"] < 5000
    assert [ahead["days"] for ahead in growth["expected"]] == [30, 90]
    (anomaly,) = body["anomalies"]
    assert anomaly["text"].startswith("onlineUsers is 2; at this hour of this weekday it was 50 to 50")


def test_the_forecast_of_a_short_history_is_empty(workspace: Db, admin: TestClient) -> None:
    keep(workspace, *[snapshot(at=datetime.now(UTC) - hours(back), totalUsers=back) for back in range(48)])

    assert admin.get("/api/v1/statistics.forecast").json() == {"growth": [], "anomalies": [], "success": True}


@pytest.mark.parametrize("how", ["last", "min", "max", "mean", "delta"])
def test_null_is_passed_over_as_an_absent_value(workspace: Db, admin: TestClient, how: str) -> None:
    keep(workspace, at("2024-03-09T08:00", totalUsers=7), at("2024-03-10T08:00", totalUsers=7, **nulls()))
    keep(workspace, at("2024-03-10T20:00", totalUsers=None, **nulls()))
    paths = "totalUsers,lastMessageSentAt,matrixFederation.biggestRoom.usersCount,omnichannelSources.0.alias"

    found = asked(admin, paths, how=how)["series"]
    assert found.pop("totalUsers") == ([None, 0] if how == "delta" else [7, 7])
    assert set(map(tuple, found.values())) == {(None, None)}
