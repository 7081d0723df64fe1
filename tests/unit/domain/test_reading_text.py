"""What gateways write of themselves is read, and nothing else."""

from __future__ import annotations

import pytest

from netquota.domain.reading_text import question_lines, readings_of, ticks_of


def test_a_report_is_read() -> None:
    found = readings_of(
        "up 1w2d03:04:05\r\ninterface 12 34 ether1 - WAN\nping 4 5 23400 8.8.8.8\nping 0 5 0 2001:db8::1\n"
        f"address 7 8 SIAK.kota.go.id\naddress {2**64 - 1} 0 10.20.0.0/24\n"
    )
    assert found.interfaces == {"ether1 - WAN": (12, 34)}
    assert found.pings == {"8.8.8.8": (4, 5, 23_400), "2001:db8::1": (0, 5, None)}
    assert found.hosts == {"siak.kota.go.id": (7, 8), "10.20.0.0/24": (2**64 - 1, 0)}
    assert found.up_ticks == 100 * (9 * 86_400 + 3 * 3600 + 4 * 60 + 5)


@pytest.mark.parametrize(
    "line",
    [
        "", "interface", "interface 1 2", "interface -1 2 ether1", "interface 1 2.5 ether1", "interface x 2 ether1",
        f"interface {2**64} 2 ether1", "ping 6 5 0 8.8.8.8", "ping 5 8.8.8.8", "reboot 1 2 3", "\0\0\0",
        "interface ١ 2 ether1", "address", "address 1 siak.go.id", "address 1 2", "address -1 2 siak.go.id",
        f"address 1 {2**64} siak.go.id", f"address {'9' * 4000} 2 siak.go.id",
    ],
)  # fmt: skip
def test_what_is_no_reading_is_ignored(line: str) -> None:
    found = readings_of(f"{line}\ninterface 1 2 lan\n")
    assert (found.interfaces, found.pings, found.hosts) == ({"lan": (1, 2)}, {}, {})


def test_no_more_lines_are_read_than_a_gateway_has_interfaces() -> None:
    assert len(readings_of("".join(f"interface 1 2 e{number}\n" for number in range(9000))).interfaces) == 500


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("123456", 123_456), ("00:00:07", 700), ("3d00:00:00", 25_920_000), ("1w2d3h4m5s", 78_864_500),
        ("4m5s", 24_500), (str(2**32 + 5), 5), ("", None), ("soon", None), ("-4", None),
    ],
)  # fmt: skip
def test_up_times_are_read_as_routers_write_them(text: str, ticks: int | None) -> None:
    assert ticks_of(text) == ticks


def test_a_gateway_is_asked_in_lines_that_a_script_can_take_apart() -> None:
    assert question_lines(["ether1 - WAN"], ["8.8.8.8"]) == "interface ether1 - WAN\nping 8.8.8.8\n"
    hosts = ["siak.kota.go.id", "10.20.0.0/24"]
    assert question_lines(["lan"], [], hosts) == "interface lan\naddress siak.kota.go.id\naddress 10.20.0.0/24\n"
