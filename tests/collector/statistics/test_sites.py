"""Which statistics may be added up over the sites of one workspace."""

import pytest

from collector.statistics.catalog import STATISTICS, dictionary, entries
from collector.statistics.reading import Cost, Sites, Statistic, Unit
from collector.statistics.subject import Subject

# By what Rocket.Chat keeps for each site: sessions, instances, apps and omnichannel. Its users, rooms and messages are
# replicated. Written down from its definitions of the statistics, not from our declarations.
SESSIONS = """
    uniqueDevicesOfYesterday uniqueDevicesOfLastWeek uniqueDevicesOfLastMonth
    uniqueOSOfYesterday uniqueOSOfLastWeek uniqueOSOfLastMonth
"""
USERS_OF_SESSIONS = "uniqueUsersOfYesterday uniqueUsersOfLastWeek uniqueUsersOfLastMonth"
INSTANCES = "instanceCount collector.connections.now"
APPS = """
    apps.totalInstalled apps.totalActive apps.totalFailed apps.totalPrivateApps apps.totalPrivateAppsEnabled
"""
OMNICHANNEL = """
    totalLivechatVisitors departments archivedDepartments totalTriggers totalCustomFields
    totalLivechatPublicCustomFields emailInboxes BusinessHours.total
    contactVerification.totalContacts contactVerification.totalUnknownContacts contactVerification.totalConflicts
    contactVerification.totalBlockedContacts contactVerification.totalFullyBlockedContacts
    contactVerification.totalPartiallyBlockedContacts contactVerification.totalVerifiedContacts
    contactVerification.totalContactsWithoutChannels
    enterprise.livechatTags enterprise.cannedResponses enterprise.slas enterprise.businessUnits
"""
# Deduced: rooms and messages are replicated, but those of omnichannel are part of it.
OMNICHANNEL_ROOMS = """
    totalLivechat totlalLivechat totalLivechatMessages totalLivechatRoomsWithDepartment chatsOnHold omnichannelSources
    omnichannelContactsBySource uniqueContactsOfYesterday uniqueContactsOfLastWeek uniqueContactsOfLastMonth
    enterprise.omnichannelRoomsWithPriorities enterprise.omnichannelRoomsWithSlas
    enterprise.omnichannelPdfTranscriptRequested enterprise.omnichannelPdfTranscriptSucceeded
"""
ADDED = {key for group in (SESSIONS, INSTANCES, APPS, OMNICHANNEL, OMNICHANNEL_ROOMS) for key in group.split()}

# The nearest of all others: replicated, of several parts, averages, maxima, texts, of one host, unknown.
NEVER = """
    totalUsers onlineUsers totalLivechatAgents totalLivechatManagers enterprise.livechatMonitors totalRooms
    totalMessages totalChannels totalDirectMessages collector.messages.documents userLanguages
    contactVerification.avgChannelsPerContact dailyPeakConnections maxMonthlyPeakConnections apps.engineVersion
    livechatEnabled routingAlgorithm BusinessHours.strategy contactVerification.totalMergedContacts
    os.loadavg os.totalmem os.freemem os.uptime process.pid process.uptime deploy.method version
    uploadsTotal uploadsTotalSize integrations.totalIntegrations totalLinkInvitation pushQueue
    videoConf.livechat.started enterprise.voip.total voipCalls uncaughtExceptionsCount totalTriggeredEmails
""".split()


def marked(mark: Sites) -> set[str]:
    return {entry["key"] for entry in entries() if entry["sites"] == mark}


def test_what_each_site_counts_of_its_own_may_be_added() -> None:
    assert marked(Sites.ADD) == ADDED


def test_of_users_with_sessions_only_the_sessions_may_be_added() -> None:
    assert marked(Sites.ADD_SESSIONS) == set(USERS_OF_SESSIONS.split())


@pytest.mark.parametrize("key", NEVER)
def test_all_others_may_not_be_added(key: str) -> None:
    assert key in marked(Sites.DO_NOT_ADD)


def test_each_statistic_has_a_mark_in_the_dictionary() -> None:
    lines = [line for line in dictionary().splitlines() if line.startswith("| `")]

    assert all(statistic.sites for statistic in STATISTICS)
    assert sum(line.split(" | ")[6] in set(Sites) for line in lines) == len(lines) == len(STATISTICS)


def test_a_mark_of_a_subject_is_for_its_numbers_and_a_statistic_can_have_its_own() -> None:
    subject = Subject("s", "Made up.", Sites.ADD)
    number, text = Statistic("a", "Made up.", Unit.NUMBER), Statistic("b", "Made up.", Unit.TEXT)
    average = Statistic("c", "Made up.", Unit.NUMBER, sites=Sites.DO_NOT_ADD)
    counter = Statistic("d", "Made up.", Unit.NUMBER, is_setting=True)
    subject.reads("r", number, text, average, counter, source="nowhere", cost=Cost.FREE)(lambda _: {})

    (reading,) = subject
    assert [one.sites for one in reading.statistics] == [Sites.ADD, *[Sites.DO_NOT_ADD] * 3]
