"""The workspaces that are measured: how many users, rooms and messages, and of all else what goes with them."""

from collector.demo.sample.workspace import Size


def sized(users: int, rooms: int, messages: int) -> Size:
    """Mostly direct rooms, a tenth of the rooms conversations with visitors; a tenth of the users come each day."""
    share = max(1, rooms // 100)
    return Size(
        users=users,
        channels=2 * share,
        groups=4 * share,
        discussions=2 * share,
        livechats=10 * share,
        calls=share,
        directs=max(0, rooms - 19 * share),
        messages=messages,
        daily_users=users // 10,
        uploads=messages * 3 // 100,
        visitors=8 * share,
        contacts=7 * share,
        teams=max(1, share // 10),
        conferences=messages // 500,
        telephone=users // 10,
        analytics=rooms,
        invites=users // 50,
    )


SIZES = {
    "small": (5_000, 5_000, 100_000),
    "medium": (20_000, 25_000, 400_000),
    "large": (50_000, 50_000, 1_000_000),
    "largest": (500_000, 1_000_000, 10_000_000),
}
