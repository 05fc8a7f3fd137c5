"""The sessions of the sample workspace: who was there on which day, and on what devices."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from collector.demo.instance import INSTANCE_ID
from collector.demo.sample.blueprint import Plan, scattered
from collector.demo.sample.randomness import Chance
from collector.demo.sample.users import role_of
from collector.key_paths import Document

PERIODS = {"Yesterday": 1, "LastWeek": 7, "LastMonth": 30}
"""The periods of the statistics, in days until yesterday."""

_SATURDAY = 5
_WEEKEND = 0.2  # the share of the users who come then
_DEVICES: tuple[Document, ...] = (
    {"type": "browser", "name": "Firefox", "version": "143.0.0", "os": {"name": "Windows", "version": "10"}},
    {"type": "browser", "name": "Chrome", "version": "141.0.0", "os": {"name": "Windows", "version": "10"}},
    {"type": "browser", "name": "Chrome", "version": "141.0.0", "os": {"name": "Linux", "version": "x86_64"}},
    {"type": "browser", "name": "Safari", "version": "18.6", "os": {"name": "macOS", "version": "10.15.7"}},
    {"type": "desktop-app", "name": "Rocket.Chat", "version": "4.9.1", "os": {"name": "Windows", "version": "10"}},
    {"type": "desktop-app", "name": "Rocket.Chat", "version": "4.9.0", "os": {"name": "Linux", "version": "x86_64"}},
    {"type": "mobile-app", "name": "RC Mobile", "version": "4.64.0", "os": {"name": "Android", "version": "15"}},
    {"type": "mobile-app", "name": "RC Mobile", "version": "4.65.0", "os": {"name": "iOS", "version": "18.6"}},
    {"type": "other", "name": "node-fetch", "version": "2.7.0"},
)


def there_daily(plan: Plan) -> int:
    """How many users leave a row each day."""
    return min(plan.size.daily_users, plan.people)


def joined(plan: Plan, moment: datetime) -> float:
    """The share of the users who had joined; as many do on each day."""
    return max(0.0, (moment - plan.installed) / (plan.now - plan.installed))


def there_on(plan: Plan, day: date) -> int:
    """How many users were there on a day: all the same number, unless weekends are quiet and the workspace grows."""
    a_day = there_daily(plan)
    if not plan.size.quiet_weekends:
        return a_day
    noon = datetime.combine(day, time(12)).astimezone()
    return max(1, round(a_day * joined(plan, noon) * (_WEEKEND if day.weekday() >= _SATURDAY else 1)))


def daily(plan: Plan, numbers: range) -> Iterator[Document]:
    """The rows of users' days, yesterday's first; the server's days are those of its host."""
    chance = plan.chance("daily", numbers.start)
    a_day = there_daily(plan)
    local = plan.now.astimezone()
    for number in numbers:
        back, place = divmod(number, a_day)
        user = 1 + scattered(place + back * (1 + a_day // 20), plan.people)  # most come every day
        day = local - timedelta(days=back + 1)
        if place < there_on(plan, day.date()):
            yield _users_day(plan, chance, user, day)


def _users_day(plan: Plan, chance: Chance, user: int, day: datetime) -> Document:
    """What the server makes of a user's sessions at two o'clock of the next day."""
    user_id = plan.person(user)["_id"]
    devices = [_use(chance, user + place) for place in range(1 + (user % 4 == 0))]
    computed = day.replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "_id": f"{user_id}-{day.year}-{day.month}-{day.day}",
        "type": "user_daily",
        "userId": user_id,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "mostImportantRole": role_of(plan, user),
        "sessions": sum(use["sessions"] for use in devices),
        "time": sum(use["time"] for use in devices),
        "devices": sorted(devices, key=lambda use: -int(use["time"])),
        "_computedAt": computed,
        "_updatedAt": computed,
    }


def _use(chance: Chance, which: int) -> Document:
    sessions = chance.randint(1, 5)
    return {"sessions": sessions, "time": sessions * chance.randint(60, 9_000), "device": _DEVICES[which % 9]}


def single(plan: Plan, numbers: range) -> Iterator[Document]:
    """The rows of single sessions: today's still open, yesterday's already worked into the rows of days."""
    chance = plan.chance("single", numbers.start)
    for number in numbers:
        yield _session(plan, chance, number, today=number % 2 == 0)


def _session(plan: Plan, chance: Chance, number: int, *, today: bool) -> Document:
    user = 1 + scattered(number // 2, plan.people)
    start = plan.now.astimezone() - timedelta(hours=chance.random(), days=0 if today else 1)
    device = _DEVICES[user % 9]
    row = {
        "_id": plan.id_of("session", number),
        "type": "session" if today else "computed-session",
        "userId": plan.person(user)["_id"],
        "loginToken": chance.hex(44),
        "ip": f"10.0.{user // 250 % 250}.{user % 250}",
        "sessionId": chance.id(),
        "instanceId": INSTANCE_ID,
        "device": device,
        "mostImportantRole": role_of(plan, user),
        "loginAt": start,
        "year": start.year,
        "month": start.month,
        "day": start.day,
        "createdAt": start,
        "searchTerm": f"{device['name']}{device['type']}{plan.person(user)['username']}",
        "_updatedAt": start,
    }
    if today:
        return row
    end = start + timedelta(minutes=30)
    return row | {"lastActivityAt": end, "closedAt": end, "_computedAt": plan.now - timedelta(hours=1)}
