"""What the clock does is told in Indonesian, as everything on the pages is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from netquota.services.windows import parse_windows
from web.admin import timetable


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Jam kerja: mon-fri 07:30-16:00 no-holidays 8M/2M",
         "Jam kerja: Sen–Jum 07.30–16.00, bukan hari libur, 8 / 2 Mbit/s"),
        ("Malam: 18:00-06:00 plan=malam", "Malam: 18.00–06.00, paket malam"),
        ("Libur: sat,mon holidays 20M", "Libur: Sen, Sab, hanya hari libur, 20 / 20 Mbit/s"),
        ("Puasa: mon-thu 08:00-15:00 ramadan 5M/1M", "Puasa: Sen–Kam 08.00–15.00, hanya saat Ramadan, 5 / 1 Mbit/s"),
        ("Biasa: no-ramadan 5M/1M", "Biasa, bukan saat Ramadan, 5 / 1 Mbit/s"),
        ("Ramadan: 2026-02-18..2026-03-19 5M/1M", "Ramadan, 18 Februari 2026–19 Maret 2026, 5 / 1 Mbit/s"),
    ],
)  # fmt: skip
def test_a_window_is_told_in_words(app: Flask, typed: str, told: str) -> None:
    (window,) = parse_windows(typed, "windows")
    with app.test_request_context("/rotation"):
        shown = timetable.window_words(window, ZoneInfo("Asia/Jakarta"))
    assert shown.replace("\N{NO-BREAK SPACE}", " ") == told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("0 sessions ended at their last news", "0 sesi diakhiri"),
        ("40 sessions looked at, 2 orders", "40 sesi diperiksa, 2 perintah"),
        ("netquota-1.sqlite: 99 octets, verified; 1 old copies deleted",
         "netquota-1.sqlite, terverifikasi; 1 salinan lama dihapus"),
        ("12045 hours and 1138 days summed, 0 of them again",
         "12045 jam dan 1138 hari dijumlahkan, 0 di antaranya diulang"),
        ("1 decisions, 2 sessions, 3 notices forgotten; 4 samples summed and forgotten, 5 sums forgotten",
         "dilupakan: 1 percobaan masuk, 2 sesi, 3 pemberitahuan, 4 sampel"),
        ("26 subjects measured over 30d, 2026-11, 2026-12", "26 OPD, lokasi, dan tautan diukur"),
        ("task 1 waits for the process that plans", "tugas 1 menunggu proses perencanaan"),
        ("0 sums were wrong and made anew", "0 jumlah keliru dan dibuat ulang"),
        ("nothing summed yet", "belum ada yang dijumlahkan"),
        ("2 ceilings changed, 3 orders", "2 batas atas berubah, 3 perintah"),
        ("1 drafts in shadow, 7 days looked at", "1 konsep dalam bayangan, 7 hari dilihat"),
        ("wanted by rina: uji: lagi", "diminta oleh rina: uji: lagi"),
        ("OperationalError: disk I/O error", "OperationalError: disk I/O error"),
    ],
)  # fmt: skip
def test_a_jobs_result_is_told_in_words_and_a_failure_as_it_was(app: Flask, written: str, told: str) -> None:
    with app.test_request_context("/rotation"):
        assert timetable.result(written) == told
