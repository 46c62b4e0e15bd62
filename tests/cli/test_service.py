"""`lunaroute service`: what is written, and what the manager is told."""

import os
import plistlib
import shutil
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from lunaroute.cli import service
from lunaroute.cli._service import orders, plist_text, unit_text
from lunaroute.cli._stopping import NotStoppedError, by_manager
from lunaroute.running import Announcement, Server
from lunaroute.supervisor._manager import by_systemd, kept_by

LINE = ["/opt/my tools/lunaroute-server", "serve", "--log-file", "/h/100% $x"]
VARIABLES = {"LUNAROUTE_HOME": '/h "o" \\'}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A user's home, with managers that write down what they are told."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("systemctl", "launchctl"):
        script = f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/told"\n'
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    for name in [name for name in os.environ if name.startswith("LUNAROUTE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def call(*words: str):
    return CliRunner().invoke(service.command, list(words))


def told(place: Path) -> list[str]:
    return (place / "told").read_text().splitlines()


def test_a_unit_is_installed_and_removed(place, monkeypatch):
    monkeypatch.setattr(service, "sys", SimpleNamespace(platform="linux", exit=exit))
    monkeypatch.setenv("LUNAROUTE_HOME", str(place / "data"))
    monkeypatch.setenv("LUNAROUTE_TOKEN", "0123456789abcdefghijklmnop")
    printed = call("install", "--print", "--port", "8090")
    path = place / "config" / "systemd" / "user" / "lunaroute.service"
    assert not path.exists()
    done = call("install", "--port", "8090")
    assert done.exit_code == 0, done.output
    text = path.read_text()
    assert text == printed.stdout
    assert f"serve --port 8090 --log-file {place}/data/serve.log\n" in text
    assert f"Environment=LUNAROUTE_HOME={place}/data\n" in text
    assert "0123456789" not in text
    assert "note: LUNAROUTE_TOKEN of this shell is not known" in done.output
    assert "loginctl enable-linger" in done.output
    assert told(place) == [
        "systemctl --user daemon-reload",
        "systemctl --user enable lunaroute.service",
        "systemctl --user restart lunaroute.service",
    ]
    done = call("uninstall")
    assert (done.exit_code, path.exists()) == (0, False)
    assert told(place)[3:] == [
        "systemctl --user disable --now lunaroute.service",
        "systemctl --user daemon-reload",
    ]
    assert "there is no service" in call("uninstall").output


def test_an_agent_is_installed_and_removed(place, monkeypatch):
    monkeypatch.setattr(service, "sys", SimpleNamespace(platform="darwin", exit=exit))
    done = call("install", "--no-ui")
    assert done.exit_code == 0, done.output
    path = place / "Library" / "LaunchAgents" / "dev.lunaroute.plist"
    agent = plistlib.loads(path.read_bytes())
    assert agent["Label"] == "dev.lunaroute"
    assert agent["ProgramArguments"][-4:] == [
        *("serve", "--no-ui", "--log-file"),
        f"{place}/.lunaroute/serve.log",
    ]
    domain = f"gui/{os.getuid()}"
    assert told(place) == [
        f"launchctl bootout {domain}/dev.lunaroute",
        f"launchctl bootstrap {domain} {path}",
    ]
    assert call("uninstall").exit_code == 0
    assert told(place)[2:] == [f"launchctl bootout {domain}/dev.lunaroute"]
    assert not path.exists()


def test_a_wrong_configuration_writes_nothing(place):
    done = call("install", "--host", "nowhere")
    assert done.exit_code == 2
    assert "nothing was changed: --host" in done.output
    assert not (place / "config").exists()


def test_a_manager_that_refuses_or_is_missing_is_quoted(place, monkeypatch):
    monkeypatch.setattr(service, "sys", SimpleNamespace(platform="linux", exit=exit))
    refusing = place / "bin" / "systemctl"
    refusing.write_text("#!/bin/sh\necho no bus here >&2\nexit 1\n")
    done = call("install")
    assert done.exit_code == 1
    assert "`systemctl --user daemon-reload` failed: no bus here" in done.output
    assert "nothing was changed" in done.output
    assert list((place / "config").rglob("*.service")) == []
    monkeypatch.setenv("PATH", str(place / "none"))
    done = call("install")
    assert done.exit_code == 1
    assert "cannot run systemctl" in done.output
    assert "--print" in done.output


def test_where_no_manager_answers_nothing_is_changed(place, monkeypatch):
    """No server is ended for a service that cannot be; an earlier file stays."""
    monkeypatch.setattr(service, "sys", SimpleNamespace(platform="linux", exit=exit))
    monkeypatch.setattr(service, "make_room", lambda: pytest.fail("it was ended"))
    (place / "bin" / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    unit = place / "config" / "systemd" / "user" / "lunaroute.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("earlier")
    assert call("install").exit_code == 1
    assert unit.read_text() == "earlier"


def test_a_server_in_the_background_makes_room(place, monkeypatch):
    child = subprocess.Popen(["sleep", "1000"])
    (place / ".lunaroute").mkdir()
    announcement = Announcement(place / ".lunaroute", os.environ)
    url = "http://127.0.0.1:1"
    told_of = Server(child.pid, str(place / ".lunaroute"), 1.0, "1", url)
    announcement.tell(told_of)

    def closed(server, _environ):
        assert child.wait() == -signal.SIGTERM
        announcement.withdraw()

    monkeypatch.setattr(service, "wait_until_closed", closed)
    service.make_room()
    assert child.returncode == -signal.SIGTERM


def test_the_units_words_are_those_of_systemd(tmp_path):
    text = unit_text(LINE, VARIABLES, 90)
    assert 'ExecStart="/opt/my tools/lunaroute-server" serve --log-file' in text
    assert '"/h/100%% $$x"' in text
    assert 'Environment="LUNAROUTE_HOME=/h \\"o\\" \\\\"' in text
    assert "TimeoutStopSec=90" in text
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # nobody here can judge it
    file = tmp_path / "lunaroute.service"
    file.write_text(unit_text(["/bin/sh", *LINE[1:]], VARIABLES, 90))
    done = subprocess.run(
        [analyze, "verify", "--user", str(file)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert str(file) not in done.stderr, done.stderr


def test_the_agents_words_are_whole():
    agent = plistlib.loads(
        plist_text(LINE, VARIABLES, 90, Path("/h/serve.log")).encode()
    )
    assert agent["ProgramArguments"] == LINE
    assert agent["EnvironmentVariables"] == VARIABLES
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


@pytest.mark.parametrize(
    ("cgroup", "expected"),
    [
        (
            "0::/user.slice/user-1.slice/user@1.service/app.slice/lunaroute.service\n",
            "systemd --user lunaroute.service",
        ),
        (
            "5:cpu:/\n1:name=systemd:/system.slice/my.service\n",
            "systemd --system my.service",
        ),
        ("0::/user.slice/user-1.slice/session-2.scope\n", ""),
        ("", ""),
    ],
)
def test_the_unit_is_known_by_its_group(cgroup, expected):
    assert by_systemd(cgroup) == expected


def test_who_keeps_a_process():
    assert kept_by({"SYSTEMD_EXEC_PID": "11"}, 12) == ""  # an ancestor's
    assert kept_by({"XPC_SERVICE_NAME": "application.com.apple.Terminal"}, 1) == ""
    assert kept_by({"XPC_SERVICE_NAME": "dev.lunaroute"}, 1) == "launchd dev.lunaroute"
    assert kept_by({}, 1) == ""


def kept(manager: str) -> Server:
    return Server(1, "/h", 0.0, "1", "http://x:1", manager=manager)


def test_the_managers_orders(place):
    domain = f"gui/{os.getuid()}/dev.lunaroute"
    assert orders(kept("launchd dev.lunaroute"), "stop")[1:] == ["bootout", domain]
    restart = orders(kept("launchd dev.lunaroute"), "restart")
    assert restart[1:] == ["kickstart", "-k", domain]
    by_manager(kept("systemd --user lunaroute.service"), "stop")
    assert told(place) == ["systemctl --user stop lunaroute.service"]
    (place / "bin" / "systemctl").write_text("#!/bin/sh\necho not you; exit 4\n")
    with pytest.raises(NotStoppedError, match=r"restart u.service` failed: not you"):
        by_manager(kept("systemd --system u.service"), "restart")
