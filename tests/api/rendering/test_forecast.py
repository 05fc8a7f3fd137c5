"""The figures of a forecast in a response."""

from api.rendering.forecast import document
from collector.series.forecast import Anomaly, Expectation, Forecast, Growth


def test_growth_is_rounded_and_an_anomaly_has_its_own_figures() -> None:
    growth = Growth("totalUsers", 8897.0, 12.5714285, 8, (Expectation(30, 379.27750042050917, 400.5, 421.9),))
    anomaly = Anomaly("collector.seconds", 9.5, 0.25, 0.125, 0.5, 8)
    body = document(Forecast([growth], [anomaly]))

    assert body["growth"] == [
        {
            "key": "totalUsers",
            "now": 8897,
            "weekly": 12.6,
            "weeks": 8,
            "expected": [{"days": 30, "low": 379, "middle": 400, "high": 422}],
        }
    ]
    assert body["anomalies"][0]["value"] == 9.5
    assert body["anomalies"][0]["text"].startswith("collector.seconds is 9.5")
