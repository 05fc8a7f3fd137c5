"""The shapes of answers."""

from api.rendering.envelope import failure


def test_a_failure_omits_empty_keys() -> None:
    assert failure("no") == {"success": False, "error": "no"}
    assert failure("no", "type", {"a": 1}) == {
        "success": False,
        "error": "no",
        "errorType": "type",
        "details": {"a": 1},
    }
