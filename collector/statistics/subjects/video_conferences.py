"""Owns the statistics of video conferences and their settings."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.sources.expressions import each, equals
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import Values

video_conferences = Subject("video_conferences", "Video conferences and their settings.")

CALLING, STARTED, ENDED = 0, 1, 3

# By key below `videoConf`: the type and the status that are counted.
_COUNTED = {
    "videoConference.started": ("videoconference", STARTED),
    "videoConference.ended": ("videoconference", ENDED),
    "direct.calling": ("direct", CALLING),
    "direct.started": ("direct", STARTED),
    "direct.ended": ("direct", ENDED),
    "livechat.started": ("livechat", STARTED),
    "livechat.ended": ("livechat", ENDED),
}
_IN_WORDS = {CALLING: "are calling", STARTED: "have started", ENDED: "have ended"}


@video_conferences.reads(
    "conferences",
    *(
        Statistic(f"videoConf.{key}", f"Conferences of type {kind} that {_IN_WORDS[status]}.", Unit.NUMBER)
        for key, (kind, status) in _COUNTED.items()
    ),
    source="rocketchat_video_conference, one group over type and status",
    cost=Cost.INDEX_SCAN,
)
def conferences(sources: Sources) -> Values:
    where = {"type": {"$in": [kind for kind, _ in _COUNTED.values()]}, "status": {"$in": list(_IN_WORDS)}}
    sums = {
        f"videoConf.{key}": each(equals("$type", kind), equals("$status", status))
        for key, (kind, status) in _COUNTED.items()
    }
    return sources.workspace.sums(Collection.VIDEO_CONFERENCES, where, sums)


video_conferences.settings(
    Setting("videoConf.settings.provider", "Provider of the conferences.", Unit.TEXT, "VideoConf_Default_Provider"),
    Setting("videoConf.settings.dms", "Conferences in direct rooms.", Unit.FLAG, "VideoConf_Enable_DMs"),
    Setting("videoConf.settings.channels", "Conferences in channels.", Unit.FLAG, "VideoConf_Enable_Channels"),
    Setting("videoConf.settings.groups", "Conferences in private groups.", Unit.FLAG, "VideoConf_Enable_Groups"),
    Setting("videoConf.settings.teams", "Conferences in teams.", Unit.FLAG, "VideoConf_Enable_Teams"),
)
