"""What would keep `serve` from starting is one line that names the setting."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from netquota.errors import ConfigurationError
from netquota.instance_lock import only_instance
from netquota.lifeline import tell_systemd
from netquota.ports import Endpoint, endpoints, require_free
from netquota.settings import load


def held(kind: socket.SocketKind, *, shared: bool = False) -> socket.socket:
    taken = socket.socket(socket.AF_INET, kind)
    if shared:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    taken.bind(("127.0.0.1", 0))
    if kind is socket.SOCK_STREAM:
        taken.listen()
    return taken


@pytest.mark.parametrize("shared", [False, True])
def test_taken_radius_port_is_told_also_where_the_other_would_share_it(shared: bool) -> None:
    with held(socket.SOCK_DGRAM, shared=shared) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            require_free((Endpoint("radius.auth_port", "127.0.0.1", port, datagram=True),))
    assert str(caught.value) == (
        f"radius.auth_port {port} is taken on 127.0.0.1: stop the other server, or choose another port, such as "
        f"--set radius.auth_port={port + 10_000 if port < 50_000 else port - 10_000}"
    )


def test_all_taken_ports_are_told_at_once() -> None:
    with held(socket.SOCK_DGRAM) as packets, held(socket.SOCK_STREAM) as pages:
        ports = packets.getsockname()[1], pages.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            require_free(
                (
                    Endpoint("radius.auth_port", "127.0.0.1", ports[0], datagram=True),
                    Endpoint("web.port", "127.0.0.1", ports[1]),
                )
            )
    assert f"radius.auth_port {ports[0]} is taken on 127.0.0.1, web.port {ports[1]} is taken on" in str(caught.value)


def test_a_port_that_is_an_option_is_chosen_by_that_option() -> None:
    with held(socket.SOCK_DGRAM) as other, pytest.raises(ConfigurationError, match=r"such as --coa-port \d+$"):
        require_free((Endpoint("--coa-port", "127.0.0.1", other.getsockname()[1], datagram=True),))


def test_taken_web_port_is_told() -> None:
    taken = pytest.raises(ConfigurationError, match=r"web\.port \d+ is taken on 127\.0\.0\.1")
    with held(socket.SOCK_STREAM) as other, taken:
        require_free((Endpoint("web.port", "127.0.0.1", other.getsockname()[1]),))


def test_foreign_address_names_the_bind_setting() -> None:
    with pytest.raises(ConfigurationError, match=r"radius\.bind 192\.0\.2\.1 is no address of this machine"):
        require_free((Endpoint("radius.acct_port", "192.0.2.1", 18_130, datagram=True),))


def test_two_settings_on_one_port_are_told() -> None:
    twice = (Endpoint("web.port", "127.0.0.1", 18_080), Endpoint("metrics.port", "127.0.0.1", 18_080))
    with pytest.raises(ConfigurationError, match=r"metrics\.port and web\.port are both 18080"):
        require_free(twice)


def test_free_ports_pass_and_are_left_free() -> None:
    with held(socket.SOCK_STREAM) as other:
        port = other.getsockname()[1]
    for _ in range(2):
        require_free((Endpoint("web.port", "127.0.0.1", port), Endpoint("x.port", "127.0.0.1", port, datagram=True)))


def test_every_socket_of_serve_is_looked_at() -> None:
    settings = load(env={"NETQUOTA_CONFIG": ""}, overrides={"radius.workers": 2, "radius.bind": "0.0.0.0"})
    assert [(one.setting, one.port) for one in endpoints(settings)] == [
        ("radius.auth_port", 1812),
        ("radius.acct_port", 1813),
        ("web.port", 8080),
        ("metrics.port", 9180),
        ("metrics.port", 9181),
        ("metrics.port", 9182),
        ("metrics.port", 9183),
    ]


def test_metrics_that_are_off_want_no_port() -> None:
    settings = load(env={"NETQUOTA_CONFIG": ""}, overrides={"metrics.port": 0})
    assert not any(one.setting == "metrics.port" for one in endpoints(settings))


def test_second_instance_gets_one_line_with_the_first_ones_process(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from netquota.instance_lock import only_instance\n"
    code += "with only_instance(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(ConfigurationError, match=rf"already runs .*process {first.pid}.*state_dir"):
            only_instance(tmp_path).__enter__()
        first.kill()
        first.wait()
    with only_instance(tmp_path):
        assert (tmp_path / "netquota.lock").read_text().strip() == str(os.getpid())


def test_state_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"state_dir .* cannot be used"):
        only_instance(tmp_path / "file" / "state").__enter__()


def test_systemd_hears_when_it_listens_and_nobody_minds_when_not(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    tell_systemd("READY=1", {})
    tell_systemd("READY=1", {"NOTIFY_SOCKET": address})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(2)
        tell_systemd("READY=1", {"NOTIFY_SOCKET": address})
        assert listening.recv(100) == b"READY=1"
