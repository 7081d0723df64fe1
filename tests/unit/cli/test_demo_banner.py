"""What the demo says of parts that do not answer yet: they are still starting until minutes have passed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from netquota.cli import demo_banner
from netquota.cli.demo import PATIENCE_S, Shown, Standing
from netquota.settings import Settings


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A door that has its port and does not listen yet."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


def said(folder: Path, door: socket.socket, longest_s: float, capsys: pytest.CaptureFixture[str]) -> str:
    """What the terminal reads, of a web door at this port alone."""
    settings = Settings.model_validate({"state_dir": folder, "web": {"port": door.getsockname()[1]}})
    shown = Shown(settings, 0.3, longest_s)
    shown.learn(Standing("rahasia", {}))
    shown.print_when_ready()
    return capsys.readouterr().out.strip()


def test_a_slow_part_is_still_starting_and_its_answer_is_told(
    tmp_path: Path, door: socket.socket, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said_then_answers(*given: object) -> str:
        text = banner(*given)  # type: ignore[arg-type]
        door.listen()
        return text

    banner = demo_banner.banner
    monkeypatch.setattr(demo_banner, "banner", said_then_answers)
    text = said(tmp_path, door, 20, capsys)
    assert f"STILL STARTING: web.port {door.getsockname()[1]}." in text
    assert "NOT ANSWERING" not in text
    assert text.endswith("All of it answers now.")


def test_a_part_that_never_answers_is_named_in_the_end(
    tmp_path: Path, door: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    last = said(tmp_path, door, 0.3, capsys).splitlines()[-1]
    assert last == f"NOT ANSWERING: web.port {door.getsockname()[1]}; the log above says why."


def test_where_all_answers_nothing_more_is_said(
    tmp_path: Path, door: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    door.listen()
    text = said(tmp_path, door, 0.3, capsys)
    assert "STARTING" not in text
    assert text.endswith("Ctrl-C stops it all.")


def test_slow_machines_have_their_time() -> None:
    assert PATIENCE_S >= 40
