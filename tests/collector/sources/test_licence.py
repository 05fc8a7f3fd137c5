"""The workspace's licence, and the values of settings under it."""

from typing import Any

import pytest

from collector.key_paths import Document
from collector.sources.licence import SETTINGS, Licence
from tests.factories import licensed, setting
from tests.tokens import encoded, token

UNKNOWN = Licence()
NONE = licensed()


def version_3(payload: Any) -> str:
    """A licence of version 3: a JSON Web Token with a prefix."""
    return f"RCV3_{token(payload)}"


def stored(status: Any, licence: Any) -> dict[str, Any]:
    return dict(zip(SETTINGS, (status, licence), strict=True))


GRANTED = version_3({"grantedModules": [{"module": "abac"}, {"module": "livechat-enterprise", "external": True}]})


@pytest.mark.parametrize(
    ("modules", "licence"),
    [
        (["abac", "auditing"], licensed("abac", "auditing")),
        ([], NONE),
        (["abac", 7, None, ["auditing"]], licensed("abac")),
    ],
)
def test_the_modules_are_those_of_the_servers_own_document(modules: list[Any], licence: Licence) -> None:
    own = {"enterprise": {"modules": modules}}

    assert Licence.read(own, {}) == Licence.read(own, stored("Valid", GRANTED)) == licence


@pytest.mark.parametrize("own", [{}, {"enterprise": 7}, {"enterprise": {"modules": "abac"}}, {"enterprise": {}}])
def test_without_them_they_are_those_of_a_valid_licence_of_version_3(own: Document) -> None:
    assert Licence.read(own, stored("Valid", GRANTED)) == licensed("abac", "livechat-enterprise")
    assert Licence.read(own, stored("Invalid", GRANTED)) == NONE
    assert Licence.read(own, {}) == UNKNOWN


UNREADABLE: dict[str, Any] = {
    "an encrypted one of version 2": "Zm9vYmFy",
    "no text": 7,
    "missing": None,
    "another algorithm": f"RCV3_{token({'grantedModules': []}, 'HS256')}",
    "no payload": f"RCV3_{encoded({'alg': 'RS256'})}",
    "a payload that is not JSON": version_3(b"\xff\xfe"),
    "a payload that is a list": version_3([1]),
    "without modules": version_3({}),
    "modules that are a number": version_3({"grantedModules": 7}),
    "modules without a name": version_3({"grantedModules": ["abac"]}),
    "a payload that is not base64": f"RCV3_{encoded({'alg': 'RS256'})}.é.signature",
}


@pytest.mark.parametrize("licence", UNREADABLE.values(), ids=UNREADABLE)
def test_the_modules_of_an_unreadable_valid_licence_are_not_known(licence: Any) -> None:
    assert Licence.read({}, stored("Valid", licence)) == UNKNOWN


def row(**over: Any) -> Document:
    return setting("s", 1, enterprise=True, modules=["abac"], invalidValue=0, **over)


def seen(licence: Licence, stored_row: Document) -> Any:
    return licence.applied({"s": stored_row})["s"].get("value", "no value")


def test_a_setting_has_its_value_if_the_licence_has_its_modules_or_is_not_known() -> None:
    assert [seen(licence, row()) for licence in (licensed("abac"), UNKNOWN)] == [1, 1]


def test_a_setting_has_its_invalid_value_without_its_modules() -> None:
    both = row() | {"modules": ["abac", "auditing"]}

    assert [seen(NONE, row()), seen(licensed("auditing"), row()), seen(licensed("abac"), both)] == [0, 0, 0]


def test_a_setting_without_an_invalid_value_has_none_without_its_modules() -> None:
    bare = {key: value for key, value in row().items() if key != "invalidValue"}

    assert seen(NONE, bare) == "no value"


@pytest.mark.parametrize("enterprise", [False, None, 1, "yes"])
def test_a_plain_setting_does_not_depend_on_the_licence(enterprise: Any) -> None:
    assert seen(NONE, row() | {"enterprise": enterprise}) == 1


@pytest.mark.parametrize("modules", [None, "abac", {"abac": 1}, []])
def test_a_setting_without_a_list_of_modules_needs_any_licence(modules: Any) -> None:
    assert [seen(licence, row() | {"modules": modules}) for licence in (NONE, licensed("auditing"))] == [0, 1]


@pytest.mark.parametrize("modules", [[7], [None], [["abac"]], ["abac", {}]])
def test_a_module_without_a_name_is_in_no_licence(modules: list[Any]) -> None:
    assert seen(licensed("abac"), row() | {"modules": modules}) == 0


def test_applied_rows_are_copies() -> None:
    kept = row()
    NONE.applied({"s": kept})

    assert kept["value"] == 1
