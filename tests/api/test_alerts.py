"""The alerting rules for Prometheus: their form, and when they fire."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from starlette.testclient import TestClient

from tests.api import promql
from tests.api.scrapes import families

FILE = Path(__file__).parents[2] / "api" / "grafana" / "alerts.yml"
PROMTOOL = shutil.which("promtool") or ""
LIMITS = {"rcstats_limit_used", "rcstats_limit_allowed", "rcstats_limit_left"}
TARGETS = ('{job="rcstats",instance="one"}', '{job="rcstats",instance="two"}')
HEALTHY = {
    "rcstats_build_info": "1",
    "rcstats_store_up": "1",
    "rcstats_schedule_up": "1",
    "rcstats_recount_differing_readings": "0",
    "rcstats_snapshot_timestamp_seconds": "0+60",
    'rcstats_reading_ok{reading="rooms"}': "1",
    'rcstats_limit_used{limit="seats"}': "50",
    'rcstats_limit_allowed{limit="seats"}': "100",
    'rcstats_limit_left{limit="seats"}': "5",
    'rcstats_limit_left{limit="support"}': "90",
    'rcstats_limit_left{limit="lockOut"}': "9",
}
"""The values of each series, one a minute, in the notation of promtool."""
ABSENT = "_"
FIRES = {
    "RcstatsMissing": {"rcstats_build_info": ABSENT},
    "RcstatsSnapshotOld": {"rcstats_snapshot_timestamp_seconds": "0"},
    "RcstatsSnapshotMissing": {"rcstats_snapshot_timestamp_seconds": ABSENT},
    "RcstatsReadingFailed": {'rcstats_reading_ok{reading="rooms"}': "0"},
    "RcstatsStoreDown": {"rcstats_store_up": "0"},
    "RcstatsRecountDiffers": {"rcstats_recount_differing_readings": "2"},
    "RcstatsScheduleStuck": {"rcstats_schedule_up": "0"},
    "RocketChatLimitNear": {'rcstats_limit_used{limit="seats"}': "95"},
    "RocketChatLimitReached": {'rcstats_limit_used{limit="seats"}': "100"},
    "RocketChatDateNear": {'rcstats_limit_left{limit="support"}': "20"},
    "RocketChatLockOutNear": {'rcstats_limit_left{limit="lockOut"}': "7"},
}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_a_rule_is_complete(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"] in ({"severity": "warning"}, {"severity": "critical"})
    assert set(rule["annotations"]) == {"summary", "description"}
    assert promql_parser.parse_duration(rule["for"])
    for text in rule["annotations"].values():
        assert text.count("{{") == text.count("}}")
    assert rule["annotations"]["description"].endswith(".")


def test_rules_ask_for_metrics_that_exist(here: TestClient, taken: dict[str, Any]) -> None:
    assert taken["collector"]["readings"]
    exported = {sample.name for family in families(here) for sample in family.samples}
    recounted = {"rcstats_recount_differing_readings"}  # after some days
    asked = {name for rule in rules() for name in promql.names(rule["expr"])}

    assert asked - recounted - LIMITS <= exported
    assert asked >= LIMITS - {"rcstats_limit_allowed"}


def test_each_alert_has_a_cause_in_these_tests_and_a_line_on_the_page() -> None:
    page = (FILE.parents[1] / "METRICS.md").read_text(encoding="utf-8")

    assert {rule["alert"] for rule in rules()} == set(FIRES)
    assert all(f"`{name}`" in page for name in FIRES)


needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="promtool, which comes with Prometheus, is not installed")


@needs_promtool
def test_promtool_accepts_the_rules() -> None:
    found = promtool("check", "rules", "--lint-fatal", str(FILE))

    assert found.returncode == 0, found.stdout + found.stderr


@needs_promtool
@pytest.mark.parametrize("cause", ["", *FIRES])
def test_an_alert_fires_for_its_cause_only(tmp_path: Path, cause: str) -> None:
    fires = {cause, "RocketChatLimitNear"} if cause == "RocketChatLimitReached" else {cause}
    series = [
        {"series": of_target(name, target), "values": for_hours(value)}
        for name, value in (HEALTHY | FIRES.get(cause, {})).items()
        for target in TARGETS
    ]

    assert is_silent(tmp_path, series, FIRES.keys() - fires)
    assert not any(is_silent(tmp_path, series, {name}) for name in fires - {""})


def is_silent(folder: Path, series: list[dict[str, str]], alerts: Iterable[str]) -> bool:
    """Whether none of the alerts fires after four hours of these series."""
    asked = [{"alertname": name, "eval_time": "4h", "exp_alerts": []} for name in alerts]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": asked}
    (folder / "test.yml").write_text(yaml.safe_dump({"rule_files": [str(FILE)], "tests": [test]}), encoding="utf-8")
    return promtool("test", "rules", str(folder / "test.yml")).returncode == 0


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False, timeout=50)


def of_target(name: str, target: str) -> str:
    return name.replace("}", f",{target[1:]}") if "{" in name else name + target


def for_hours(value: str) -> str:
    """The value for five hours, in the notation of promtool."""
    return value + ("x300" if "+" in value or value == ABSENT else "+0x300")
