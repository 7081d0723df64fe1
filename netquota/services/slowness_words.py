"""Why it is slow, in words, Indonesian and English: what was found and what to do. The same on pages and terminal."""

from __future__ import annotations

from netquota.domain.slowness import Cause, Finding, Flow
from netquota.domain.units import format_rate

# what (Indonesian, English), what to do (Indonesian, English)
_WORDS: dict[Cause, tuple[str, str, str, str]] = {
    Cause.GATEWAY_SILENT: (
        "gerbang {name} tidak berkabar selama {minutes} menit",
        "gateway {name} has been silent for {minutes} minutes",
        "Periksa listrik dan sambungan gerbang itu; batas di sini bukan penyebabnya.",
        "See to its power and its line; no limit is the cause.",
    ),
    Cause.PROVIDER_DOWN: (
        "ujung tautan {name} tidak menjawab: penyedia putus",
        "the far end of link {name} does not answer: the provider is down",
        "Laporkan ke penyedia; menaikkan batas tidak menolong.",
        "Report it to the provider; raising a limit does not help.",
    ),
    Cause.PROVIDER_LOSSY: (
        "tautan {name} kehilangan paket",
        "link {name} loses packets",
        "Laporkan ke penyedia dengan waktu dan angkanya; menaikkan batas tidak menolong.",
        "Report it to the provider with time and figures; raising a limit does not help.",
    ),
    Cause.LINK_FULL: (
        "tautan {name} hampir penuh: {now} dari {most}",
        "link {name} is nearly full: {now} of {most}",
        "Lihat OPD mana yang memakainya; turunkan atau pindahkan sebagian, atau tambah kapasitas.",
        "See which offices use it; lower or move some of them, or buy more capacity.",
    ),
    Cause.REFUSED: (
        "tidak boleh masuk sekarang",
        "is not let in now",
        "Lihat alasannya pada keputusan di atas.",
        "The decision above says why.",
    ),
    Cause.OFFLINE: (
        "tidak sedang daring",
        "is not online",
        "Minta ia masuk dulu, lalu lihat lagi; penolakan terakhir ada di bawah.",
        "Ask him to log in, then look again; his last refusals stand below.",
    ),
    Cause.ORDER_UNANSWERED: (
        "gerbang {name} belum menerima batas yang baru ({minutes} menit)",
        "gateway {name} has not taken the new limit ({minutes} minutes)",
        "Periksa CoA di gerbang itu; sementara itu batas lama yang berlaku.",
        "See to CoA at that gateway; until then the old limit holds.",
    ),
    Cause.SESSION_SILENT: (
        "sesinya tidak berkabar selama {minutes} menit",
        "the session has not reported for {minutes} minutes",
        "Perangkatnya mungkin sudah pergi, atau gerbang tidak mengirim laporan.",
        "The device may have gone, or the gateway sends no reports.",
    ),
    Cause.OPD_FULL: (
        "batas bersama {name} hampir penuh: {now} dari {most}",
        "the shared limit of {name} is nearly full: {now} of {most}",
        "Kantor itu sedang ramai; naikkan batasnya atau beri tambahan sementara.",
        "The office is busy; raise its limit or give it more for a time.",
    ),
    Cause.OWN_QUOTA: (
        "diperlambat oleh kuotanya sendiri",
        "is slowed by his own quota",
        "Beri tambahan kuota, atau tunggu sampai terisi lagi.",
        "Give more of the quota, or wait until it refills.",
    ),
    Cause.SHARE: (
        "memakai seluruh bagiannya dari batas kantor: {now} dari {most}",
        "uses all of his share of the office's limit: {now} of {most}",
        "Batas kantor dibagi di antara yang daring; naikkan batas kantor bila sering terjadi.",
        "The office's limit is shared by those online; raise it where this happens often.",
    ),
    Cause.OWN_LIMIT: (
        "memakai seluruh batasnya sendiri: {now} dari {most}",
        "uses all of his own limit: {now} of {most}",
        "Ini batas paket atau batas pribadinya; naikkan bila perlu.",
        "It is the limit of his plan or his own; raise it where needed.",
    ),
    Cause.NOT_HERE: (
        "tidak ada yang menghambat di sini",
        "nothing here is in the way",
        "Periksa Wi-Fi, perangkat, dan situs yang dituju.",
        "Look at the Wi-Fi, the device and the site he opens.",
    ),
}


def told(finding: Finding, language: str) -> str:
    """What was found."""
    minutes = max(1, (finding.for_s or 0) // 60)
    now, most = _flow(finding.flow, language)
    text = _WORDS[finding.cause][1 if language == "en" else 0]
    return text.format(name=finding.name, minutes=minutes, now=now, most=most)


def remedy(finding: Finding, language: str) -> str:
    """What to do."""
    return _WORDS[finding.cause][3 if language == "en" else 2]


def _flow(flow: Flow | None, language: str) -> tuple[str, str]:
    """What flows and the most, as `52 / 20 Mbit/s`."""
    return ("", "") if flow is None else (format_rate(flow.now, language), format_rate(flow.most, language))
