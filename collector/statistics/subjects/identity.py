"""Owns the workspace's identity, the answers of its setup wizard, and the server's release."""

from datetime import datetime

from collector.sources import Sources
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import since
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import UNDEFINED, Absent, Values

identity = Subject("identity", "Identity of the workspace, the answers of its setup wizard, and the server's release.")


@identity.reads(
    "workspace",
    Statistic("uniqueId", "The workspace's own id.", Unit.TEXT),
    Statistic("installedAt", "Date of the workspace's setup, when its id was created.", Unit.DATE),
    source="rocketchat_settings, row uniqueID: value and createdAt",
    cost=Cost.INDEXED,
    settings=("uniqueID",),
)
def workspace(sources: Sources) -> Values:
    row = sources.settings("uniqueID").get("uniqueID")
    if row is None:
        return {"uniqueId": UNDEFINED, "installedAt": Absent("the workspace has no setting uniqueID")}
    unique_id, created = row.get("value"), row.get("createdAt")
    return {
        "uniqueId": UNDEFINED if unique_id is None else unique_id,
        "installedAt": created if isinstance(created, datetime) else Absent("the setting uniqueID has no date"),
    }


@identity.reads(
    "name",
    Statistic("collector.workspaceName", "The workspace's name, by the setting Site_Name.", Unit.TEXT),
    source="rocketchat_settings, row Site_Name: value",
    cost=Cost.INDEXED,
    settings=("Site_Name",),
)
def name(sources: Sources) -> Values:
    found = sources.settings("Site_Name").get("Site_Name", {}).get("value")
    is_name = isinstance(found, str) and found
    return {"collector.workspaceName": found if is_name else Absent("the setting Site_Name has no name")}


identity.settings(
    Setting(
        "deploymentFingerprintHash", "Hash of the site's URL and database.", Unit.TEXT, "Deployment_FingerPrint_Hash"
    ),
    Setting(
        "deploymentFingerprintVerified",
        "Whether the fingerprint was confirmed to be this workspace's.",
        Unit.FLAG,
        "Deployment_FingerPrint_Verified",
    ),
    Setting("wizard.organizationType", "The organization's type.", Unit.TEXT, "Organization_Type"),
    Setting("wizard.industry", "The organization's industry.", Unit.TEXT, "Industry"),
    Setting("wizard.size", "The organization's size.", Unit.TEXT, "Size"),
    Setting("wizard.country", "The organization's country.", Unit.TEXT, "Country"),
    Setting("wizard.language", "The workspace's language.", Unit.TEXT, "Language"),
    Setting("wizard.serverType", "The workspace's type.", Unit.TEXT, "Server_Type"),
    Setting(
        "wizard.registerServer", "Whether the workspace was registered with the vendor.", Unit.FLAG, "Register_Server"
    ),
)

identity.from_server_statistics(
    "build",
    Statistic("version", "The server's release.", Unit.TEXT),
    Statistic("tag", "The git tag that the server was built from.", Unit.TEXT),
    Statistic("branch", "The git branch that the server was built from.", Unit.TEXT),
    Statistic("fips", "Whether the server's cryptography runs in FIPS mode.", Unit.FLAG, releases=since("8.7")),
    Statistic(
        "allowUnsafeQueryAndFieldsApiParamsEnabled",
        "Whether the server's own API accepts `query` and `fields`.",
        Unit.FLAG,
        releases=since("8.0"),
    ),
)
