"""What was found at a gateway in words, Indonesian and English: what, how much, and what to do. Without blame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netquota.domain.units import format_octets
from netquota.services.gateway_config import MASK
from netquota.services.gateway_doctor.findings import Finding, What

_LANGUAGES: Final = ("id", "en")
_OCTETS: Final = ("down_octets", "up_octets")
_MASKED: Final = (f"Ganti {MASK} dengan kuncinya.", f"Put the secret in place of {MASK}.")

# what -> (found, id), (found, en), (remedy, id), (remedy, en); a remedy is empty where nothing needs to be done.
_SENTENCES: Final[Mapping[What, tuple[str, str, str, str]]] = {
    What.HEARD: ("Paket terakhir {ago_s} detik lalu.", "Last packet {ago_s} s ago.", "", ""),
    What.NEVER_HEARD: (
        "Belum pernah ada paket dari {registered}.",
        "Never heard from {registered}.",
        "Periksa alamat peladen RADIUS, porta UDP dan tembok api di gerbang.",
        "Check the RADIUS server's address, the UDP ports and the firewall at the gateway.",
    ),
    What.SILENT: (
        "Diam selama {minutes} menit.",
        "Silent for {minutes} min.",
        "Lihat apakah gerbang menyala dan mencapai peladen ini lewat UDP.",
        "See whether it runs, and reaches this server by UDP.",
    ),
    What.STRANGER_NEAR: (
        "Tidak ada paket dari {registered}, tetapi {packets} paket dari {address} yang tidak terdaftar.",
        "Nothing comes from {registered}, but {packets} packets came from {address}, which is not registered.",
        "Bila itu gerbang ini, daftarkan alamat tersebut.",
        "If that is this gateway, register that address.",
    ),
    What.WRONG_SECRET: (
        "{packets} paket dibuang, terakhir {minutes} menit lalu: kunci bersama berbeda ({cause}).",
        "{packets} packets dropped, the last {minutes} min ago: the secrets differ ({cause}).",
        "Samakan kunci bersama di gerbang dan di sini.",
        "Compare the shared secret with the gateway's.",
    ),
    What.UNSIGNED: (
        "{packets} permintaan dibuang karena tidak bertanda tangan, terakhir {minutes} menit lalu.",
        "{packets} requests dropped since they are not signed, the last {minutes} min ago.",
        "Nyalakan lagi Message-Authenticator di gerbang; RouterOS mengenalnya sejak 7.15.",
        "Switch Message-Authenticator on again at the gateway; RouterOS knows it from 7.15 on.",
    ),
    What.NOT_SIGNING: (
        "Permintaannya tidak bertanda tangan (Message-Authenticator).",
        "Its requests are not signed (Message-Authenticator).",
        "Perbarui gerbang (RouterOS 7.15 atau lebih baru) dan nyalakan; tanpa itu jaringan di antara harus dipercaya.",
        "Upgrade it (RouterOS 7.15 or newer) and switch it on; without it the network between must be trusted.",
    ),
    What.DROPPED: (
        "{packets} paket dibuang: {cause}, terakhir {minutes} menit lalu.",
        "{packets} packets dropped: {cause}, the last {minutes} min ago.",
        "Periksa setelan RADIUS di gerbang; docs/gateways.md menjelaskan tiap sebab.",
        "See its RADIUS settings; docs/gateways.md tells what each cause means.",
    ),
    What.CLOCK: (
        "Jamnya meleset {seconds} detik (dikoreksi di pembukuan).",
        "Its clock is {seconds} s off (corrected in the books).",
        "Nyalakan klien NTP.",
        "Set its NTP client.",
    ),
    What.UNKNOWN_IDENTITY: (
        "Ia menyebut diri {identifier}; lokasi di sini hanya mengenal {known}.",
        "It calls itself {identifier}; the sites here know {known} alone.",
        "Ubah nama di gerbang, atau di lokasi.",
        "Change the name at the gateway, or at the site.",
    ),
    What.NO_SITE: (
        "Tidak ada lokasi di belakang gerbang ini: batas kantor tidak berlaku bagi penggunanya.",
        "No site stands behind this gateway: no office's limit holds for its people.",
        "Buat lokasinya.",
        "Make its site.",
    ),
    What.NO_ACCOUNTING: (
        "Ia memasukkan orang ({logins} tanpa laporan) tetapi tidak melapor: tidak ada kuota yang dihitung.",
        "It logs people in ({logins} without a report) but does not account: no quota is counted.",
        "Nyalakan pelaporan (accounting).",
        "Switch accounting on.",
    ),
    What.NEVER_ACCOUNTED: (
        "Paketnya datang, tetapi belum pernah ada laporan: tidak ada kuota yang dihitung.",
        "Packets come, but it has never accounted: no quota is counted.",
        "Nyalakan pelaporan (accounting).",
        "Switch accounting on.",
    ),
    What.NO_SESSION: (
        "Tidak ada sesi sekarang; laporan terakhir {minutes} menit lalu.",
        "No session now; last accounting {minutes} min ago.",
        "",
        "",
    ),
    What.NO_INTERIM: (
        "{sessions} sesi berjalan tanpa satu pun laporan berkala.",
        "No Interim-Update seen from {sessions} running sessions.",
        "Biarkan ia mengambil selang laporan dari RADIUS.",
        "Let it take the interval from RADIUS (radius-interim-update=received).",
    ),
    What.LATE_INTERIM: (
        "{late} dari {sessions} sesi terlambat melapor; diminta tiap {asked_s} detik.",
        "{late} of {sessions} sessions report late; {asked_s} s between reports are asked for.",
        "Lihat apakah paketnya hilang di jalan, atau selangnya ditetapkan di gerbang.",
        "See whether packets are lost on the way, or the gateway has an interval of its own.",
    ),
    What.OTHER_INTERVAL: (
        "Ia melapor tiap {own_s} detik; diminta tiap {asked_s} detik.",
        "It reports every {own_s} s; {asked_s} s are asked for.",
        "Biarkan ia mengambil selang laporan dari RADIUS.",
        "Let it take the interval from RADIUS.",
    ),
    What.REPORTS: (
        "{sessions} sesi melapor; diminta tiap {asked_s} detik.",
        "{sessions} sessions report, asked to every {asked_s} s.",
        "",
        "",
    ),
    What.NO_CLASS: (
        "Laporan dari {without} dari {sessions} sesi tidak membawa Class.",
        "The reports of {without} of {sessions} sessions bear no Class.",
        "Gerbang, atau proksi di antaranya, harus mengembalikan Class.",
        "The gateway, or a proxy between, must give Class back.",
    ),
    What.FOREIGN_CLASS: (
        "{packets} laporan membawa Class yang bukan dari sini.",
        "{packets} reports bear a Class that is not ours.",
        "Lihat apakah peladen RADIUS lain masih menjawab gerbang ini.",
        "See whether another RADIUS server still answers this gateway.",
    ),
    What.NO_FRAMED_IP: (
        "{without} dari {sessions} sesi tidak menyebut alamat IP penggunanya.",
        "{without} of {sessions} sessions do not tell the user's address.",
        "Tanpa itu beberapa gerbang tidak menemukan sesi saat batas berubah.",
        "Without it some gateways do not find the session when a limit changes.",
    ),
    What.FELL: (
        "Penghitung {sessions} sesi berkurang tanpa sebab yang dikenal.",
        "The counters of {sessions} sessions fell for no known reason.",
        "Periksa apakah gerbang memakai 32 bit saja, atau mengulang hitungan setelah CoA.",
        "See whether it counts in 32 bits alone, or begins again after a CoA.",
    ),
    What.NO_GIGAWORDS: (
        "{sessions} sesi melewati 2 GiB tanpa Gigawords: di 4 GiB hitungan mulai dari nol.",
        "{sessions} sessions are past 2 GiB without Gigawords: at 4 GiB they begin at zero.",
        "Perbarui gerbang, atau pilih keluarga yang memang begitu (OPNsense).",
        "Upgrade the gateway, or choose a family that is known to do so (OPNsense).",
    ),
    What.REVERSED: (
        "Unduh {down_octets}, unggah {up_octets} dalam {days} hari: arahnya mungkin tertukar.",
        "{down_octets} down, {up_octets} up in {days} days: the directions are probably exchanged.",
        "Balik arahnya di gerbang atau di sini, jangan keduanya.",
        "Turn them at the gateway or here, not at both.",
    ),
    What.DIRECTION: (
        "Unduh {down_octets}, unggah {up_octets} dalam {days} hari.",
        "{down_octets} down, {up_octets} up in {days} days.",
        "",
        "",
    ),
    What.COA_SILENT: (
        "{orders} perintah berturut-turut tidak dijawab.",
        "{orders} orders in a row were not answered.",
        "Izinkan perintah (CoA) di gerbang, dan buka porta UDP itu dari peladen ini.",
        "Let it take orders (CoA), and open that UDP port from this server.",
    ),
    What.COA_REFUSED: (
        "Ia menolak perintah {kind} ({cause}): batas baru berlaku sejak masuk berikutnya.",
        "It refuses orders of the kind {kind} ({cause}): a new limit holds from the next log-in.",
        "Izinkan perintah (CoA) di gerbang, atau perbarui; tiap hari dicoba lagi.",
        "Let it take orders (CoA), or upgrade it; it is tried again each day.",
    ),
    What.COA_WORKS: ("Perintah dijawab ({kinds}).", "Orders are answered ({kinds}).", "", ""),
    What.COA_UNTRIED: ("Perintah belum pernah perlu.", "No order was needed yet.", "", ""),
}


def told(finding: Finding, language: str) -> str:
    """What was found, with its figures."""
    return _filled(finding, language, 0)


def remedy(finding: Finding, language: str) -> str:
    """What to do; empty where nothing needs to be done."""
    found = _filled(finding, language, 2)
    if MASK not in finding.enter:
        return found
    return f"{found} {_MASKED[0 if language == 'id' else 1]}"


def _filled(finding: Finding, language: str, which: int) -> str:
    spoken = language if language in _LANGUAGES else "en"
    values = {
        name: format_octets(value, spoken) if name in _OCTETS and isinstance(value, int) else value
        for name, value in finding.values.items()
    }
    return _SENTENCES[finding.what][which + _LANGUAGES.index(spoken)].format(**values)
