"""Where the commands of the pages put files."""

import re
import subprocess
from pathlib import Path

from tests.systemd.pages import INSTALL, ROOT, UNINSTALL, UPGRADE
from tests.systemd.test_units import SERVICES


def test_uninstalling_removes_what_installing_and_upgrading_put_somewhere(tmp_path: Path) -> None:
    host, stubs = tmp_path / "host", tmp_path / "stubs"
    for directory in ("etc/systemd/system", "opt", "usr/local/bin", "var/lib"):
        (host / directory).mkdir(parents=True)
    stubs.mkdir()
    for name in ("apt", "editor", "git", "systemctl", "systemd-sysusers", "userdel"):
        (stubs / name).touch(0o755)
    (stubs / "python3").write_text('install -D -m 755 /dev/null "$3/bin/pip"; cp "$3/bin/pip" "$3/bin/rcstats"\n')
    (stubs / "python3").chmod(0o755)

    def run(lines: list[str]) -> set[str]:
        script = re.sub(r"(?<![\w.])/(?=(etc|opt|usr/local|var)/)", f"{host}/", "\n".join(lines))
        path = f"{stubs}:{host}/usr/local/bin:/usr/bin:/bin"
        subprocess.run(["/bin/bash", "-euc", script], cwd=ROOT, env={"PATH": path}, check=True)
        return {str(path.relative_to(host)) for path in host.rglob("*")}

    before = run([])
    installed = run(INSTALL) - before
    state = host / "var/lib/rcstats/spool"
    state.mkdir(parents=True)

    assert {f"etc/systemd/system/{unit}" for unit in SERVICES} < installed
    assert {"opt/rcstats/bin/rcstats", "etc/rcstats/rcstats.toml", "etc/credstore/rcstats_mongo_url"} < installed
    assert (host / "usr/local/bin/rcstats").resolve() == host / "opt/rcstats/bin/rcstats"
    assert run(UPGRADE) - before - {"var/lib/rcstats", "var/lib/rcstats/spool"} == installed
    assert run(UNINSTALL) - before == {"var/lib/rcstats", "var/lib/rcstats/spool"}
