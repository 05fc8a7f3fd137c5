"""The manifests for compose and Kubernetes on the page on containers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from api.caching.single_flight import IN_ALL
from api.openapi.document import DOCUMENT
from collector.settings import Settings, variable
from tests.systemd.pages import ROOT
from tests.systemd.quadlet import containerfile, image_environment, sections

PAGE = (ROOT / "systemd/CONTAINERS.md").read_text("utf-8")
COMPOSE, KUBERNETES = (
    list(yaml.safe_load_all(block)) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
SECRETS = {variable(name).lower() for name, field in Settings.model_fields.items() if "SecretStr" in str(field)}
STATE = image_environment()["RCSTATS_STATE_DIRECTORY"]
PORT = int(image_environment()["RCSTATS_LISTEN"].split(":")[1])


@pytest.fixture
def service() -> Any:
    """The service of the compose file."""
    return COMPOSE[0]["services"]["rcstats"]


@pytest.fixture
def pod() -> Any:
    """What the Deployment runs."""
    return KUBERNETES[0]["spec"]["template"]["spec"]


def test_the_compose_file_uses_what_the_image_has(service: Any) -> None:
    assert service["image"] == sections("rcstats.build")["Build"]["ImageTag"][0].removesuffix(":latest")
    assert service["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert [volume.split(":") for volume in service["volumes"]] == [["rcstats", STATE]]
    assert list(COMPOSE[0]["volumes"]) == ["rcstats"]
    assert service["secrets"] == list(COMPOSE[0]["secrets"])
    assert set(service["secrets"]) <= SECRETS
    assert service["read_only"] is True


def test_the_pod_runs_as_the_images_user_and_writes_only_its_state(pod: Any) -> None:
    (container,) = pod["containers"]
    user, group = (int(number) for number in containerfile()["USER"][0].split(":"))
    security = pod["securityContext"]

    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (user, group, group)
    assert security["runAsNonRoot"] is container["securityContext"]["readOnlyRootFilesystem"] is True
    places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert places == {"state": STATE, "secrets": image_environment()["CREDENTIALS_DIRECTORY"]}
    assert {volume["name"] for volume in pod["volumes"]} == set(places)


def test_nothing_of_kubernetes_own_is_mounted_among_the_secrets_or_passes_for_a_setting(pod: Any) -> None:
    assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False


def test_the_probes_ask_routes_that_exist_and_wait_longer_than_these_take(pod: Any) -> None:
    (container,) = pod["containers"]
    probes = [container["livenessProbe"], container["readinessProbe"]]

    assert [probe["httpGet"]["path"] for probe in probes] == ["/health", "/ready"]
    assert {probe["httpGet"]["path"] for probe in probes} <= set(DOCUMENT["paths"])
    assert {probe["httpGet"]["port"] for probe in probes} == {"http"}
    assert container["ports"] == [{"name": "http", "containerPort": PORT}]
    assert all(probe["timeoutSeconds"] >= IN_ALL for probe in probes)


def test_the_files_of_the_secrets_are_settings_and_the_url_is_the_charts(pod: Any) -> None:
    items = dict(_items(pod))

    assert set(items) == SECRETS
    assert items["rcstats_mongo_url"] == "mongo-uri"


def _items(pod: Any) -> Iterator[tuple[str, str]]:
    (secrets,) = [volume["projected"]["sources"] for volume in pod["volumes"] if "projected" in volume]
    for source in secrets:
        yield from ((item["path"], item["key"]) for item in source["secret"]["items"])


def test_the_service_leads_to_the_pods() -> None:
    deployment, service = KUBERNETES
    labels = deployment["spec"]["template"]["metadata"]["labels"]

    assert service["spec"]["selector"] == labels == deployment["spec"]["selector"]["matchLabels"]
    assert [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] == [(PORT, "http")]
