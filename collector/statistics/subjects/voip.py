"""Owns the statistics of VoIP and WebRTC calls, which release 8.0 removed."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import before
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import Values

voip = Subject("voip", "VoIP and WebRTC calls, which release 8.0 removed.")

_TYPES = {"voipSuccessfulCalls": "voip-call-wrapup", "voipErrorCalls": "voip-call-ended-unexpectedly"}
_UNTIL = before("8.0")

voip.settings(
    Setting("voipEnabled", "Whether VoIP is enabled.", Unit.FLAG, "VoIP_Enabled", releases=_UNTIL),
    Setting("webRTCEnabled", "Whether WebRTC calls are in use.", Unit.FLAG, "WebRTC_Enabled", releases=_UNTIL),
    Setting(
        "webRTCEnabledForOmnichannel",
        "Whether conversations can turn into WebRTC calls.",
        Unit.FLAG,
        "Omnichannel_call_provider",
        lambda row: row.get("value") == "WebRTC",
        missing=False,
        releases=_UNTIL,
    ),
)


@voip.reads(
    "voip_calls",
    Statistic("voipCalls", "Rooms of VoIP calls.", Unit.ROOMS, releases=_UNTIL),
    Statistic("voipSuccessfulCalls", "Calls that were wrapped up.", Unit.MESSAGES, releases=_UNTIL),
    Statistic("voipErrorCalls", "Calls that ended unexpectedly.", Unit.MESSAGES, releases=_UNTIL),
    Statistic("voipOnHoldCalls", "Calls that were ever put on hold.", Unit.ROOMS, releases=_UNTIL),
    source="rocketchat_room and rocketchat_message, counts over t",
    cost=Cost.INDEX_SCAN,
    message_index="t",
)
def voip_calls(sources: Sources) -> Values:
    types = sources.workspace.tally(Collection.MESSAGES, by="t", values=tuple(_TYPES.values()))
    return {
        "voipCalls": sources.workspace.count(Collection.ROOMS, {"t": "v"}),
        **{key: types[kind] for key, kind in _TYPES.items()},
        "voipOnHoldCalls": sources.workspace.count_distinct(Collection.MESSAGES, {"t": "voip-call-on-hold"}, "rid"),
    }


@voip.reads(
    "voip_extensions",
    Statistic("voipExtensions", "Accounts with a VoIP extension.", Unit.USERS, releases=_UNTIL),
    source="users, count over extension",
    cost=Cost.SCAN,
    reason="No index covers extension.",
)
def voip_extensions(sources: Sources) -> Values:
    return {"voipExtensions": sources.workspace.count(Collection.USERS, {"extension": {"$exists": True}})}


@voip.reads(
    "webrtc_calls",
    Statistic("omnichannelWebRTCCalls", "Omnichannel rooms with a WebRTC call.", Unit.ROOMS, releases=_UNTIL),
    source="rocketchat_room, omnichannel rooms with callStatus",
    cost=Cost.INDEX_SCAN,
)
def webrtc_calls(sources: Sources) -> Values:
    where = {"t": "l", "callStatus": {"$exists": True}}  # only these rooms have the field, and t has an index
    return {"omnichannelWebRTCCalls": sources.workspace.count(Collection.ROOMS, where)}
