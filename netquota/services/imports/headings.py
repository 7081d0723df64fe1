"""How offices head the columns of their lists, in Indonesian and English: a table that people may read and add to.

Headings are compared without regard to case, punctuation and spaces. What starts with `_` is no field of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONTRACT: Final = "_contract_ends"
"""The last day of a contract: it becomes the account's last day, with days of grace where it is 31 December."""
MOVES_ON: Final = "_moves_on"
"""From which day on somebody belongs to the office that the row names."""

HEADINGS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "employee": {
        "username": ("username", "nama pengguna", "user", "akun", "login", "nama akun", "log-in name"),
        "nip": ("nip", "nip baru", "nomor induk pegawai", "no nip", "nip nippk", "nippk"),
        "name": ("nama", "nama lengkap", "nama pegawai", "name", "full name", "nama tanpa gelar"),
        "opd": (
            *("opd", "kode opd", "skpd", "perangkat daerah", "unit kerja", "unit organisasi", "instansi", "dinas"),
            *("office", "office code", "satuan kerja", "unit", "kantor", "kode kantor", "nama kantor", "nama opd"),
        ),
        "language": ("bahasa", "language"),
        "mail": ("email", "e-mail", "surel", "mail", "alamat email", "alamat surel", "mail address"),
        "phone": (
            *("telepon", "telp", "no telepon", "nomor telepon", "hp", "no hp", "nomor hp", "handphone", "whatsapp"),
            *("no wa", "wa", "phone", "telephone", "mobile"),
        ),
        "status": ("status", "status akun", "keadaan", "status pegawai"),
        "status_why": ("alasan", "keterangan status", "status why"),
        "valid_from": ("berlaku mulai", "berlaku dari", "valid from", "mulai berlaku"),
        "valid_until": ("berlaku sampai", "berlaku hingga", "valid until"),
        CONTRACT: (
            *("akhir kontrak", "kontrak sampai", "kontrak berakhir", "selesai kontrak", "tanggal akhir kontrak"),
            *("contract ends", "contract until", "tmt akhir kontrak", "masa kontrak sampai"),
        ),
        MOVES_ON: (
            *("pindah mulai", "tmt pindah", "tmt mutasi", "mutasi mulai", "tanggal pindah", "moves on", "moved from"),
        ),
        "plan": ("paket", "plan"),
        "schedule": ("jadwal", "schedule"),
        "override": ("batas khusus", "kecepatan khusus", "override", "own speed"),
        "override_until": ("batas khusus sampai", "override until"),
        "override_why": ("alasan batas khusus", "override why"),
    },
    "device": {
        "mac": ("mac", "mac address", "alamat mac", "alamat perangkat keras", "hardware address", "physical address"),
        "name": ("nama", "nama perangkat", "perangkat", "name", "device", "keterangan"),
        "opd": ("opd", "kode opd", "skpd", "perangkat daerah", "unit kerja", "instansi", "dinas", "kantor", "office"),
        "plan": ("paket", "plan"),
        "status": ("status", "keadaan"),
        "valid_from": ("berlaku mulai", "berlaku dari", "valid from"),
        "valid_until": ("berlaku sampai", "berlaku hingga", "valid until"),
        "override": ("batas khusus", "kecepatan khusus", "override"),
    },
    "opd": {
        "code": ("kode", "kode opd", "kode kantor", "code", "singkatan", "opd"),
        "name": ("nama", "nama opd", "nama kantor", "kantor", "nama perangkat daerah", "name", "perangkat daerah"),
        "kind": ("jenis", "kind", "tipe"),
        "task": ("tupoksi", "tugas", "task", "tugas pokok dan fungsi"),
        "status": ("status", "keadaan"),
        "ceiling": ("batas atas", "plafon", "ceiling", "limit", "batas", "mir"),
        "guaranteed": ("dijamin", "jaminan", "guaranteed", "cir"),
        "weight": ("bobot", "weight"),
        "priority": ("prioritas", "kelas", "priority"),
        "plan": ("paket", "plan", "paket bawaan"),
        "schedule": ("jadwal", "schedule"),
    },
    "plan": {
        "key": ("kode", "kunci", "key"),
        "name": ("nama", "name", "nama paket"),
        "rate": ("kecepatan", "batas kecepatan", "rate", "rate limit"),
        "burst": ("burst", "lonjakan"),
        "burst_threshold": ("burst threshold", "ambang lonjakan"),
        "burst_time": ("burst time", "waktu lonjakan"),
        "simultaneous": ("perangkat", "jumlah perangkat", "simultaneous", "devices"),
        "at_limit": ("bila penuh", "at limit"),
        "session_timeout": ("lama sesi", "session timeout"),
        "idle_timeout": ("batas diam", "idle timeout"),
        "hours_only": ("hanya jam layanan", "hours only"),
        "schedule": ("jadwal", "schedule"),
    },
    "quota": {
        "key": ("kode", "kunci", "key"),
        "name": ("nama", "name", "nama kuota"),
        "plan": ("paket", "plan"),
        "opd": ("opd", "kode opd", "office"),
        "employee": ("pegawai", "nip", "employee"),
        "octets": ("volume", "kuota", "octets", "besar"),
        "direction": ("arah", "direction"),
        "period": ("periode", "period"),
        "reset_day": ("hari mulai", "reset day"),
        "strictness": ("ketat", "strictness"),
        "action": ("bila habis", "tindakan", "action"),
        "throttle": ("kecepatan bila habis", "throttle"),
        "warn": ("peringatan", "warn"),
    },
    "link": {
        "name": ("nama", "tautan", "name", "link"),
        "provider": ("penyedia", "isp", "provider"),
        "contract": ("kontrak", "nomor kontrak", "contract"),
        "capacity": ("kapasitas", "capacity"),
        "price": ("harga", "biaya", "price"),
        "starts_on": ("mulai", "starts on", "tanggal mulai"),
        "ends_on": ("berakhir", "sampai", "ends on", "tanggal akhir"),
    },
    "nas": {
        "name": ("nama", "gerbang", "nas", "name", "gateway"),
        "address": ("alamat", "alamat ip", "ip", "address", "ip address"),
        "secret": ("kunci bersama", "secret", "shared secret"),
        "family": ("jenis", "merek", "family", "tipe"),
        "coa_address": ("alamat coa", "coa address"),
        "coa_port": ("port coa", "coa port"),
        "realms": ("realm", "realms"),
    },
    "site": {
        "name": ("nama", "lokasi", "name", "site"),
        "opd": ("opd", "kode opd", "office"),
        "link": ("tautan", "tautan penyedia", "link"),
        "nas": ("gerbang", "nas", "gateway"),
        "mode": ("mode", "cara"),
        "way": ("jalan", "way"),
        "ceiling": ("batas atas", "plafon", "ceiling"),
        "match_gateway": ("nas identifier", "match gateway"),
        "match_called_station": ("called station", "ssid", "match called station"),
        "match_port": ("port", "match port"),
        "match_vlan": ("vlan", "match vlan"),
    },
    "application": {
        "code": ("kode", "singkatan", "code"),
        "name": ("nama", "nama aplikasi", "aplikasi", "name"),
        "opd": ("opd", "kode opd", "perangkat daerah", "office"),
        "function": ("fungsi", "kegunaan", "function", "use"),
        "task": ("tupoksi", "tugas", "task"),
        "hosting": ("hosting", "penempatan", "server"),
        "address": ("alamat", "url", "domain", "address"),
        "site": ("lokasi", "site"),
        "users": ("pengguna", "jumlah pengguna", "users"),
        "need": ("kebutuhan", "kebutuhan bandwidth", "bandwidth", "need"),
    },
}
"""Kind -> field -> headings; fields go by their own names, too."""

# What cells say, in the words of the catalogue.
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "status": {
        "aktif": "active", "ya": "active", "nonaktif": "suspended", "tidak aktif": "suspended",
        "ditangguhkan": "suspended", "cuti": "suspended", "keluar": "left", "pensiun": "left", "berhenti": "left",
        "meninggal": "left", "pindah keluar": "left", "mutasi keluar": "left",
    },
    "language": {"indonesia": "id", "bahasa indonesia": "id", "inggris": "en", "english": "en"},
    "direction": {"keduanya": "total", "unduh": "down", "unggah": "up"},
    "period": {
        "hari": "day", "harian": "day", "minggu": "week", "mingguan": "week", "bulan": "month", "bulanan": "month",
        "triwulan": "quarter", "tahun": "year", "tahunan": "year",
    },
    "action": {"perlambat": "throttle", "putus": "disconnect", "beri tahu": "notify"},
    "mode": {"per pegawai": "per_employee", "seluruh opd": "whole_opd"},
    "hosting": {"di dalam": "inside", "dalam": "inside", "di luar": "outside", "luar": "outside"},
}  # fmt: skip
