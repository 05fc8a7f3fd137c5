"""The table of names, held against what is known of a real document: 8.7, a fresh workspace, 330 leaves."""

from collections import Counter

from collector.statistics.releases import Release
from tests.releases import names
from tests.releases.names import NAMES, RELEASES

REAL = Release(8, 7)
LICENSED = ("livechat-enterprise", "Canned_Responses_Enable", "migration._updatedAt")
"""What the real document had; its licence was without abac."""

NULL_IN_8 = """
tag branch lastMessageSentAt onHoldEnabled lastChattedAgentPreferred assignNewConversationsToContactManager
visitorAbandonment totalWebRTCCalls
services.ldap.syncRoles services.ldap.syncRolesAutoRemove services.ldap.syncData services.ldap.syncChannels
services.ldap.backgroundSync.enabled services.ldap.backgroundSync.interval services.ldap.backgroundSync.newUsers
services.ldap.backgroundSync.existingUsers services.ldap.ee.syncActiveState services.ldap.ee.syncTeams
services.ldap.ee.syncRoles
services.saml.enabled services.saml.signatureValidationType services.saml.generateUsername
services.saml.updateSubscriptionsOnLogin services.saml.syncRoles
videoConf.settings.dms videoConf.settings.channels videoConf.settings.groups videoConf.settings.teams
contactVerification.totalMergedContacts contactVerification.totalResolvedConflicts
contactVerification.totalImportedContacts contactVerification.totalUpsellViews contactVerification.totalUpsellClicks
settings.general.apps.frameworkDevMode settings.general.apps.frameworkEnable
settings.liveStreamAndBroadcasting.liveStream settings.liveStreamAndBroadcasting.broadcasting
settings.search.defaultProvider.globalSearchEnabled
settings.webRTC.webRTCEnableChannel settings.webRTC.webRTCEnablePrivate settings.webRTC.webRTCEnableDirect
matrixFederation.biggestRoom matrixFederation.smallestRoom
""".split()


def test_no_name_is_in_the_table_twice() -> None:
    assert [path for path, times in Counter(name.path for name in NAMES).items() if times > 1] == []


def test_no_name_is_a_leaf_and_a_document_at_once() -> None:
    paths = {name.path for name in NAMES}
    assert [path for path in paths if any(other.startswith(f"{path}.") for other in paths)] == []


def test_each_name_has_releases_and_known_rules() -> None:
    assert [name for name in NAMES if not any(release in name.span for release in RELEASES)] == []
    assert [name for name in NAMES if name.span.before and name.span.since >= name.span.before] == []
    assert {flag for name in NAMES for flag in name.flags} == {"ours", "hidden"}


def test_the_real_document_has_137_root_names_and_330_leaves() -> None:
    leaves = names.of_server(REAL, LICENSED)

    assert len({path.partition(".")[0] for path in leaves}) == 137
    assert len(leaves) == 330


def test_the_43_nulls_of_the_real_document_are_those_of_8() -> None:
    assert len(NULL_IN_8) == len(set(NULL_IN_8)) == 43
    for release in (Release(8, 6), REAL, Release(8, 9), Release(9, 0)):
        assert names.null(release, names.undefined(release, LICENSED)) == set(NULL_IN_8)


VOIP = 6 + 3  # and three of WebRTC
FREESWITCH = 4 * 7  # without the durations
DEVIATIONS = {  # roots and leaves; from the release above to the one below
    Release(9, 0): (0, 0),
    Release(8, 9): (0, 0),
    REAL: (0, 0),
    Release(8, 6): (-1, -1),  # no fips
    Release(7, 10): (
        -2 + 2 + VOIP + 2,  # no fileStoreType and allowUnsafe…; OTR; federatedServers and federatedUsers
        -2 + 3 + VOIP + 2 + 2 + 1 + FREESWITCH,  # OTR's setting, tokenpass, transcripts asked for
    ),
    Release(7, 2): (0, -FREESWITCH - 2),  # no private apps
    Release(6, 12): (-1, -14 - 1 + 1),  # no contactVerification and rooms with department; live streams
}


def test_each_release_has_as_many_names_as_its_changes_leave() -> None:
    roots, leaves = 137, 330
    for release, (more_roots, more_leaves) in DEVIATIONS.items():
        roots, leaves = roots + more_roots, leaves + more_leaves
        found = names.of_server(release, LICENSED)
        assert (len({path.partition(".")[0] for path in found}), len(found)) == (roots, leaves), release


def test_each_release_has_fewer_nulls_the_older_it_is() -> None:
    """WebRTC had values in 7, contacts came with 7.2; before 7.4 only the two rooms are null."""
    undefined = [len(names.undefined(release)) for release in RELEASES]
    assert undefined == [43 - 4 - 5, 43 - 4, 43 - 4, 43, 43, 43]
    assert [len(names.null(release, names.undefined(release))) for release in RELEASES] == [2, 2, 39, 43, 43, 43]


def test_ours_differs_from_the_server_s_by_an_alias_and_a_secret() -> None:
    for release in RELEASES:
        assert names.of_ours(release) ^ names.of_server(release) == {"totlalLivechat", "statsToken"}


def test_the_modules_of_the_licence_bring_names() -> None:
    without = names.of_server(Release(8, 6))
    assert names.of_server(Release(8, 6), ["abac"]) - without == {
        "abacEnabled",
        "abacTotalAttributes",
        "abacTotalAttributeValues",
        "abacRoomsEnrolled",
    }
    assert len(names.of_server(Release(8, 6), ["livechat-enterprise"]) - without) == 8


def test_before_nulls_a_value_that_is_undefined_leaves_its_parents() -> None:
    release = Release(6, 12)
    found = names.present(release, names.of_ours(release), names.undefined(release))

    assert {"settings.general.apps", "settings.liveStreamAndBroadcasting", "services.ldap.backgroundSync"} <= found
    assert not {"tag", "services.saml.enabled", "settings.general.apps.frameworkEnable", "services.saml"} & found
    newer = Release(8, 6)
    assert names.present(newer, names.of_ours(newer), names.undefined(newer)) == names.of_ours(newer)


def test_leaves_are_lists_empty_documents_and_documents_whose_keys_are_data() -> None:
    document = {
        "userLanguages": {"de": 1, "none": 2},
        "os": {"cpus": [{"model": "a"}], "loadavg": [1]},
        "settings": {"general": {"apps": {}}},
        "matrixFederation": {"biggestRoom": {"_id": "a"}, "smallestRoom": None},
        "collector": {"release": "8.6"},
    }
    assert set(names.of_document(document)) == {
        "userLanguages",
        "os.cpus",
        "os.loadavg",
        "settings.general.apps",
        "matrixFederation.biggestRoom",
        "matrixFederation.smallestRoom",
    }
