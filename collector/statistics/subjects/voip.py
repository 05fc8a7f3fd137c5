"""Owns the statistics of VoIP and WebRTC calls, features that newer releases removed."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Absent, Cost, Setting, Statistic, Subject, Unit, Values

voip = Subject("voip", "VoIP and WebRTC calls, which newer releases have removed.")

_TYPES = {"voipSuccessfulCalls": "voip-call-wrapup", "voipErrorCalls": "voip-call-ended-unexpectedly"}
_NO_TRACE = Absent("this release no longer has the feature")

voip.settings(
    Setting("voipEnabled", "Whether VoIP is enabled.", Unit.FLAG, "VoIP_Enabled"),
    Setting("webRTCEnabled", "Whether WebRTC calls are in use.", Unit.FLAG, "WebRTC_Enabled"),
    Setting(
        "webRTCEnabledForOmnichannel",
        "Whether conversations can turn into WebRTC calls.",
        Unit.FLAG,
        "Omnichannel_call_provider",
        lambda row: row.get("value") == "WebRTC",
    ),
)


@voip.reads(
    "voip_calls",
    Statistic("voipCalls", "Rooms of VoIP calls.", Unit.ROOMS),
    Statistic("voipSuccessfulCalls", "Calls that were wrapped up.", Unit.MESSAGES),
    Statistic("voipErrorCalls", "Calls that ended unexpectedly.", Unit.MESSAGES),
    Statistic("voipOnHoldCalls", "Calls that were ever put on hold.", Unit.ROOMS),
    source="rocketchat_room and rocketchat_message, counts over t",
    cost=Cost.INDEXED,
)
def voip_calls(sources: Sources) -> Values:
    types = sources.workspace.tally(Collection.MESSAGES, by="t", values=tuple(_TYPES.values()))
    numbers = {
        "voipCalls": sources.workspace.count(Collection.ROOMS, {"t": "v"}),
        **{key: types[kind] for key, kind in _TYPES.items()},
        "voipOnHoldCalls": sources.workspace.count_distinct(Collection.MESSAGES, {"t": "voip-call-on-hold"}, "rid"),
    }
    if any(numbers.values()) or _knows(sources, "VoIP_Enabled"):
        return numbers
    return dict.fromkeys(numbers, _NO_TRACE)


@voip.reads(
    "voip_extensions",
    Statistic("voipExtensions", "Accounts with a VoIP extension.", Unit.USERS),
    source="users, count over extension, where the release has VoIP",
    cost=Cost.SCAN,
    reason="No index covers extension; read only if the release still has the setting VoIP_Enabled.",
)
def voip_extensions(sources: Sources) -> Values:
    if not _knows(sources, "VoIP_Enabled"):
        return {"voipExtensions": _NO_TRACE}
    return {"voipExtensions": sources.workspace.count(Collection.USERS, {"extension": {"$exists": True}})}


@voip.reads(
    "webrtc_calls",
    Statistic("omnichannelWebRTCCalls", "Omnichannel rooms with a WebRTC call.", Unit.ROOMS),
    source="rocketchat_room, omnichannel rooms with callStatus",
    cost=Cost.INDEXED,
)
def webrtc_calls(sources: Sources) -> Values:
    where = {"t": "l", "callStatus": {"$exists": True}}  # only these rooms have the field, and t has an index
    calls = sources.workspace.count(Collection.ROOMS, where)
    found = calls or _knows(sources, "Omnichannel_call_provider")
    return {"omnichannelWebRTCCalls": calls if found else _NO_TRACE}


def _knows(sources: Sources, setting: str) -> bool:
    """Whether this release still has the feature: the setting that enables it exists."""
    return bool(sources.settings(setting))
