"""Why it is slow, in words, Indonesian and English: what was found and what to do. The same on pages and terminal."""

from __future__ import annotations

from netquota.domain.policy import Code
from netquota.domain.slowness import Cause, Cut, Finding, Flow
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
        "diperlambat oleh kuotanya sendiri{cut}",
        "is slowed by his own quota{cut}",
        "Beri tambahan kuota, atau tunggu sampai terisi lagi.",
        "Give more of the quota, or wait until it refills.",
    ),
    Cause.CUT: (
        "batasnya lebih rendah daripada paketnya{cut}",
        "his limit is lower than his plan{cut}",
        "Lihat langkah-langkah keputusan di atas.",
        "The steps of the decision above say why.",
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

_SHARED = (
    "Batas kantor dibagi di antara yang daring; naikkan batas kantor bila sering terjadi.",
    "The office's limit is shared by those online; raise it where this happens often.",
)
# the same, where a cut under the plan's rate rests on one of these
_CUTS: dict[Code, tuple[str, str, str, str]] = {
    Code.SHARE_OF_CEILING: (
        "bagiannya dari batas bersama {name} lebih rendah daripada paketnya{cut}",
        "his share of the shared limit of {name} is lower than his plan{cut}",
        *_SHARED,
    ),
    Code.CEILING_CAPS: (
        "batas atas {name} lebih rendah daripada paketnya{cut}",
        "the ceiling of {name} is lower than his plan{cut}",
        "Naikkan batas atas itu bila tempatnya boleh memakai lebih banyak.",
        "Raise that ceiling where the place may use more.",
    ),
    Code.EVENT_CUT: (
        "dikurangi sementara oleh {name}{cut}",
        "is cut for a time by {name}{cut}",
        "Kembali sendiri setelah acara itu selesai; ubah acaranya bila perlu.",
        "It comes back by itself when that event is over; change the event where needed.",
    ),
    Code.WINDOW_RATE: (
        "jadwal {name} memberi lebih sedikit daripada paketnya{cut}",
        "schedule {name} gives less than his plan{cut}",
        "Kembali sendiri di luar jam itu; ubah jadwalnya bila perlu.",
        "It comes back by itself outside those hours; change the schedule where needed.",
    ),
    Code.OVERRIDE_RATE: (
        "batas pribadinya lebih rendah daripada paketnya{cut}",
        "his personal limit is lower than his plan{cut}",
        "Ubah atau hapus batas pribadi itu bila perlu.",
        "Change or take away the personal limit where needed.",
    ),
}


def told(finding: Finding, language: str) -> str:
    """What was found."""
    minutes = max(1, (finding.for_s or 0) // 60)
    now, most = _flow(finding.flow, language)
    text = _words(finding)[1 if language == "en" else 0]
    return text.format(name=finding.name, minutes=minutes, now=now, most=most, cut=_cut(finding.cut, language))


def remedy(finding: Finding, language: str) -> str:
    """What to do."""
    return _words(finding)[3 if language == "en" else 2]


def _words(finding: Finding) -> tuple[str, str, str, str]:
    code = None if finding.cut is None or not finding.name else finding.cut.code
    usual = _WORDS[finding.cause]
    return usual if code is None or finding.cause is not Cause.CUT else _CUTS.get(code, usual)


def _cut(cut: Cut | None, language: str) -> str:
    """Both figures, as `: 9,38 / 5 Mbit/s, bukan 20 / 5 Mbit/s`; nothing where there is no cut."""
    if cut is None:
        return ""
    has, plan = format_rate(cut.has, language), format_rate(cut.plan, language)
    return f": {has}, {'not' if language == 'en' else 'bukan'} {plan}"


def _flow(flow: Flow | None, language: str) -> tuple[str, str]:
    """What flows and the most, as `52 / 20 Mbit/s`."""
    return ("", "") if flow is None else (format_rate(flow.now, language), format_rate(flow.most, language))
