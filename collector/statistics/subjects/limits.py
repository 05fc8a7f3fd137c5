"""Owns the limits that apply to the workspace: numbers that it may use at most, and dates."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from collector.errors import DatabaseError
from collector.limits.limit import CERTAIN, DAYS, LIKELY, Limit
from collector.limits.lock_out import QUIET_DAYS, days_left, lock_out
from collector.numbers import is_figure
from collector.sources import Sources, licence, own_documents, supported_versions
from collector.sources.collections import Collection
from collector.sources.licence_terms import LicenceTerms
from collector.statistics.mongodb_support import Support, support
from collector.statistics.reading import Cost, Statistic, Unit
from collector.statistics.releases import Release
from collector.statistics.subject import Subject
from collector.statistics.values import Absent, Values, noted

limits = Subject("limits", "The limits that apply to the workspace.")

CONNECTIONS = 200  # at which presence is switched off, without a module that lifts this
UNLIMITED = frozenset({"unlimited-presence", "scalability"})
MARKETPLACE_APPS = 5  # without a licence
OLDEST = 100  # of the server's own documents, among which those are looked for that are not imported

_PRESENCE_OFF = "Presence_broadcast_disabled"
_LOCK_OUT = "Cloud_Workspace_AirGapped_Restrictions_Remaining_Days"
_NOT_RESTRICTED = -1
_SETTINGS = (*licence.SETTINGS, _PRESENCE_OFF, _LOCK_OUT, supported_versions.SETTING)

# By name: the licence's name of the limit, and the unit.
_LICENSED = {
    "seats": ("activeUsers", "users"),
    "guests": ("guestUsers", "users"),
    "contacts": ("monthlyActiveContacts", "contacts"),
    "privateApps": ("privateApps", "apps"),
    "marketplaceApps": ("marketplaceApps", "apps"),
}


@limits.reads(
    "licensed_contacts",
    Statistic("collector.activeContacts", "Omnichannel visitors who were active in this month of UTC.", Unit.NUMBER),
    source="rocketchat_livechat_visitor, count over activity, where the licence limits active contacts",
    cost=Cost.SCAN,
    reason="No index covers activity.",
    settings=licence.SETTINGS,
)
def active_contacts(sources: Sources) -> Values:
    if "monthlyActiveContacts" not in _terms(sources).limits:
        return {"collector.activeContacts": Absent("the licence does not limit them")}
    return {
        "collector.activeContacts": sources.workspace.count(Collection.VISITORS, {"activity": f"{sources.now:%Y-%m}"})
    }


@dataclass(frozen=True)
class Facts:
    """What several limits depend on: the values of the settings, the terms of the licence, and the server's release."""

    sources: Sources
    settings: Mapping[str, Any]
    terms: LicenceTerms
    version: object


Found = Iterator[Limit | Absent]
"""Limits that apply; or the reason why one that may apply is not known."""


@limits.reads(
    "limits",
    Statistic(
        "collector.limits",
        "Each limit that applies: name, used, allowed and left with their unit, or the date and the days left; from "
        "where it is known, and whether that is certain or likely.",
        Unit.LIST,
        moves=True,
    ),
    source="settings with the licence's limits and periods; rocketchat_statistics; other statistics of the snapshot",
    cost=Cost.INDEXED,
    settings=_SETTINGS,
    lists=1,
)
def known(sources: Sources) -> Values:
    """What is used of each is added when the snapshot is complete; see `collector.limits.usage`."""
    rows = sources.settings(*_SETTINGS)
    values = {name: row["value"] for name, row in rows.items() if "value" in row}
    facts = Facts(sources, values, LicenceTerms.read(values), sources.own_statistics().get("version"))
    found = [one for rule in RULES for one in rule(facts)]
    reasons = [one.reason for one in found if isinstance(one, Absent)]
    return {"collector.limits": noted([one.document for one in found if isinstance(one, Limit)], "; ".join(reasons))}


def _terms(sources: Sources) -> LicenceTerms:
    rows = sources.settings(*licence.SETTINGS)
    return LicenceTerms.read({name: row.get("value") for name, row in rows.items()})


def connections(facts: Facts) -> Found:
    """The setting is true from the moment at which the limit switched presence off, until it is switched on again."""
    modules, is_off = facts.sources.licence.modules, facts.settings.get(_PRESENCE_OFF)
    if modules is None or modules & UNLIMITED or not isinstance(is_off, bool):
        return
    source = "Rocket.Chat without unlimited-presence or scalability"
    off = f"{source}; {_PRESENCE_OFF} is true: presence is off"
    yield Limit("connections", "connections", off if is_off else source, CONNECTIONS, left=0 if is_off else None)


def licensed(facts: Facts) -> Found:
    if not facts.terms.is_readable:
        yield Absent("the licence's limits and period cannot be read")
    for name, (licensed_as, unit) in _LICENSED.items():
        if (allowed := facts.terms.limits.get(licensed_as)) is not None:
            certainty = LIKELY if unit == "apps" else CERTAIN
            yield Limit(name, unit, f"the licence, limits.{licensed_as}", allowed, certainty=certainty)
    if facts.terms.ends:
        yield Limit.until("licence", facts.terms.ends, facts.sources.now, "the licence, validation.validPeriods")


def unlicensed_apps(facts: Facts) -> Found:
    if facts.terms.is_valid is False:
        yield Limit("marketplaceApps", "apps", "Rocket.Chat without a licence", MARKETPLACE_APPS, certainty=LIKELY)


def locked_out(facts: Facts) -> Found:
    """By the last report; the server's own number, which is up to a day old, must agree for that to be certain."""
    told, sources = facts.settings.get(_LOCK_OUT), facts.sources
    if facts.terms.is_valid is not False or told is None:
        return
    try:
        reported = own_documents.last_report(sources.workspace, sources.now - timedelta(days=QUIET_DAYS + 2))
    except ValueError as error:
        yield Absent(f"lockOut: {error}")
        return
    if reported is None and told == _NOT_RESTRICTED:
        yield Absent("lockOut: the server has neither reported to the vendor nor restricted itself yet")
        return
    date = lock_out(reported, sources.timezone) if reported else None
    left = days_left(date, sources.now, sources.timezone) if date else 0
    last = f"the report to the vendor of {reported:%Y-%m-%d %H:%M} UTC" if reported else "no report in 10 days"
    certainty = CERTAIN if isinstance(told, int) and 0 <= told - left <= 1 else LIKELY
    source = f"{last}; {_LOCK_OUT} is {told:g}" if is_figure(told) else last
    yield Limit("lockOut", DAYS, source, date=date, left=left, certainty=certainty)


def supported(facts: Facts) -> Found:
    token, version = facts.settings.get(supported_versions.SETTING), facts.version
    if not token or not isinstance(version, str):
        return
    if end := supported_versions.end_of_support(token, version):
        yield Limit.until("support", end, facts.sources.now, f"{supported_versions.SETTING}, version {version}")
    else:
        yield Absent(f"support: {supported_versions.SETTING} cannot be read, or does not name the server's version")


def mongodb_supported(facts: Facts) -> Found:
    """Only that it has ended is known, not the date."""
    version = str(facts.sources.server()["version"])
    is_supported, clause = support(Release.parse(facts.version), version)
    if is_supported is Support.NO:
        yield Limit("mongodbSupport", DAYS, f"MongoDB {version}, {clause}", left=0)


def expiring(facts: Facts) -> Found:
    """The oldest of the server's own documents that the store does not have."""
    sources = facts.sources
    if sources.not_imported is None:
        return
    try:
        kept = own_documents.time_to_live(sources.workspace)
        oldest = own_documents.oldest(sources.workspace, sources.now, OLDEST) if kept else []
        missing = sources.not_imported([one for one, _ in oldest]) if oldest else []
    except DatabaseError as error:
        yield Absent(f"serverStatistics: {error.brief}")
        return
    created = next((moment for one, moment in oldest if one in missing), None)
    if kept and created:
        source = "the time to live of rocketchat_statistics; the oldest document that is not imported"
        yield Limit.until("serverStatistics", created + kept, sources.now, source)


def uploads(facts: Facts) -> Found:
    if size := facts.sources.uploads_size:
        yield Limit("uploads", "bytes", "RCSTATS_UPLOADS_SIZE", size)


RULES: tuple[Callable[[Facts], Found], ...] = (
    connections,
    licensed,
    unlicensed_apps,
    locked_out,
    supported,
    mongodb_supported,
    expiring,
    uploads,
)
