"""How many files were uploaded, and how large they are."""

from collector.sources import Sources
from collector.sources.collections import Collection
from collector.statistics.reading import Cost, Setting, Statistic, Subject, Unit, Values

uploads = Subject("uploads", "How many files were uploaded, and how large they are.")


@uploads.reads(
    "uploads",
    Statistic("uploadsTotal", "Uploaded files, thumbnails included.", Unit.NUMBER, estimated=True),
    Statistic("uploadsTotalSize", "The sum of their sizes.", Unit.BYTES),
    source="rocketchat_uploads, metadata and the sum of size",
    cost=Cost.SCAN,
    reason="No index carries size.",
)
def sizes(sources: Sources) -> Values:
    rows = sources.workspace.groups(Collection.UPLOADS, {}, by=None, bytes="$size")
    return {
        "uploadsTotal": sources.workspace.estimate(Collection.UPLOADS),
        "uploadsTotalSize": rows[0]["bytes"] if rows else 0,
    }


uploads.settings(Setting("fileStoreType", "Where uploaded files lie.", Unit.TEXT, "FileUpload_Storage_Type"))
