"""A MongoDB of a test's own that asks for logins."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.demo import mongod
from collector.mongodb.connection import Client, connect


@contextmanager
def guarded_mongod(folder: Path) -> Iterator[tuple[str, Client]]:
    """The URL, without a login, and a client of the administrator."""
    with mongod.running(folder, None, "--keyFile", str(_key_file(folder))) as url:
        with connect(url, "TEST") as nobody:
            nobody.admin.command("createUser", "root", pwd="root", roles=["root"])
        with connect(url.replace("//", "//root:root@"), "TEST") as root:
            yield url, root


def _key_file(folder: Path) -> Path:
    """The key by which members of a replica set authenticate; it enables access control."""
    file = folder / "key"
    file.write_text("madeUpForATest")
    file.chmod(0o600)
    return file
