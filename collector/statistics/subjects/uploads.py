"""Owns the number and size of uploads."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import since
from collector.statistics.subject import Setting, Subject
from collector.statistics.values import Values

uploads = Subject("uploads", "Number and size of uploaded files.")


@uploads.reads(
    "uploads",
    Statistic("uploadsTotal", "Uploaded files, including thumbnails.", Unit.NUMBER, estimated=True),
    Statistic("uploadsTotalSize", "Total size of uploaded files.", Unit.BYTES),
    source="rocketchat_uploads, metadata and the sum of size",
    cost=Cost.SCAN,
    reason="No index covers size.",
)
def sizes(sources: Sources) -> Values:
    return {
        "uploadsTotal": sources.workspace.estimate(Collection.UPLOADS),
        "uploadsTotalSize": sources.workspace.total(Collection.UPLOADS, "size"),
    }


uploads.settings(
    Setting(
        "fileStoreType",
        "Storage type of uploaded files.",
        Unit.TEXT,
        "FileUpload_Storage_Type",
        releases=since("8.0"),
    )
)
