"""An explanation in words, Indonesian or English, line by line; and as plain values for programs. No database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain.nip import format_nip
from netquota.domain.policy import Decision, Reason, Rule
from netquota.domain.slowness import Finding
from netquota.domain.units import NO_BREAK_SPACE, Rate, format_octets, format_rate
from netquota.services import slowness_words
from netquota.services.explain import Basis, Explanation, Running
from netquota.services.reasons import reasons_from_json
from netquota.services.slowness import Slowness
from netquota.services.words import moment, sentence
from netquota.storage.order_store import Order, OrderKind, OrderState
from netquota.storage.record_store import DecisionRow

# Indonesian, English
_W: dict[str, tuple[str, str]] = {
    "at": ("di {nas}, {site}", "at {nas}, {site}"),
    "nowhere": ("belum ada gerbang", "no gateway yet"),
    "no site": ("tanpa lokasi", "no site"),
    "now": ("Keputusan sekarang", "Decision now"),
    "recorded": ("Keputusan yang dicatat {noted}", "Decision as noted on {noted}"),
    "reckoned": (
        "Keputusan untuk {at}, dihitung dengan kebijakan sekarang (tidak ada catatan)",
        "Decision for {at}, reckoned with the policy of now (nothing was noted)",
    ),
    "accepted": ("diterima, {rate}", "accepted, {rate}"),
    "refused": ("ditolak", "refused"),
    "overruled": ("tidak berlaku", "overruled"),
    "next": ("Berubah sendiri {at}.", "Changes by itself on {at}."),
    "never": ("Tidak berubah dengan sendirinya.", "Nothing changes it by itself."),
    "sessions": ("Sesi yang berjalan", "Running sessions"),
    "none": ("tidak ada", "none"),
    "has": ("punya {rate}", "has {rate}"),
    "should": ("seharusnya {rate}", "should have {rate}"),
    "should end": ("seharusnya diputus", "should end"),
    "as it should": ("sesuai", "as it should"),
    "orders": ("Perintah terakhir", "Last orders"),
    "refusals": ("Penolakan terakhir", "Last refusals"),
    "changes": ("Diubah sejak itu", "Changed since then"),
    "slow": ("Kalau lambat", "If it is slow"),
    "elsewhere": ("penyebab di luar batas", "the cause is no limit"),
    "unknown": ("tidak diketahui", "not known"),
    "disconnect": ("putuskan", "disconnect"),
    "rate order": ("batas {rate}", "limit {rate}"),
}
ORDER_STATES: dict[OrderState, tuple[str, str]] = {
    OrderState.PENDING: ("menunggu", "waiting"),
    OrderState.SENT: ("dikirim, belum dijawab", "sent, no answer yet"),
    OrderState.ACKNOWLEDGED: ("diterima gerbang", "taken by the gateway"),
    OrderState.REFUSED: ("ditolak gerbang", "refused by the gateway"),
    OrderState.SUPERSEDED: ("diganti yang lebih baru", "replaced by a newer one"),
    OrderState.GIVEN_UP: ("gerbang tidak menjawab", "the gateway did not answer"),
}
_SETTING = frozenset({Rule.PLAN, Rule.SCHEDULE, Rule.OVERRIDE, Rule.ROTATION, Rule.EVENT})


class Teller:
    """Tells an explanation in one language, moments in one zone."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self._language, self._zone, self._index = language, zone, 1 if language == "en" else 0

    def lines(self, found: Explanation, slow: Sequence[Slowness] = ()) -> list[str]:
        """The whole story for a terminal; `slow`: what makes it slow."""
        person = found.subscriber
        names = [person.known_as, *([] if person.nip is None else [f"NIP {format_nip(person.nip)}"])]
        told = [
            f"{person.name} ({', '.join(names)}), {person.opd.code}",
            self._place(found),
            "",
            f"{self._basis(found)}: {self.outcome(found.decision)}",
            *(f"  {line}" for line in self.reasons(found.decision.reasons)),
            self._next(found),
        ]
        if found.basis is Basis.NOW:
            told += ["", *self._part("sessions", [self._session(one) for one in found.sessions])]
            told += self._part("orders", [self.order(order) for order in found.orders]) if found.orders else []
            told += ["", *self._part("slow", list(self._slow(slow)))] if slow else []
        if found.refusals:
            told += ["", *self._part("refusals", [self.refusal(row) for row in found.refusals])]
        if found.basis is not Basis.NOW:
            changed = [f"{self.moment(entry.at_s)} {entry.actor}: {', '.join(entry.after)}" for entry in found.changes]
            told += ["", *self._part("changes", changed)]
        return [line.replace(NO_BREAK_SPACE, " ") for line in told]  # so that a terminal's output can be searched

    def _slow(self, slow: Sequence[Slowness]) -> Iterator[str]:
        for one in slow:
            where = "" if one.session is None or len(slow) < 2 else f"{one.session.nas}: "
            for finding in one.findings:
                mark = f" [{self._w('elsewhere')}]" if finding.is_elsewhere else ""
                told, remedy = (say(finding, self._language) for say in (slowness_words.told, slowness_words.remedy))
                yield f"{where}{told}{mark}. {remedy}"

    def outcome(self, decision: Decision) -> str:
        """Accepted with which rate, or refused."""
        return self._w("accepted", rate=self.rate(decision.rate)) if decision.accepted else self._w("refused")

    def reasons(self, reasons: Sequence[Reason]) -> Iterator[str]:
        """Each step in words; a rate that another one overrules is marked."""
        for reason in reasons:
            told = sentence(reason, self._language, self._zone)
            overruled = reason.rule in _SETTING and not reason.in_force
            yield f"{told} [{self._w('overruled')}]" if overruled else told

    def order(self, order: Order) -> str:
        """One order: when, what, to whom, what became of it."""
        what = (
            self._w("disconnect")
            if order.kind is OrderKind.DISCONNECT
            else self._w("rate order", rate=self._rate_of(order))
        )
        answer = ORDER_STATES[order.state][self._index]
        cause = "" if order.error_cause is None else f" ({order.error_cause})"
        result = f": {order.result}" if order.result else ""
        return f"{self.moment(order.created_ms // 1000)}  {order.nas}  {what}: {answer}{cause}{result}"

    def refusal(self, row: DecisionRow) -> str:
        """One refusal: when, where, why."""
        reasons = reasons_from_json(row.reasons)
        why = sentence(reasons[-1], self._language, self._zone) if reasons else row.code
        return f"{self.moment(row.at_s)}  {row.gateway or '-'}  {why}"

    def moment(self, at_s: int) -> str:
        """A moment in the office's zone."""
        return moment(at_s, self._language, self._zone)

    def rate(self, rate: Rate) -> str:
        """A rate for eyes."""
        return format_rate(rate, self._language)

    def _w(self, key: str, **values: str) -> str:
        return _W[key][self._index].format(**values)

    def _place(self, found: Explanation) -> str:
        place = found.place
        if place is None:
            return self._w("nowhere")
        site = place.site
        where = self._w("no site") if site is None else f"{site.name} ({site.host.code})"
        return self._w("at", nas=place.nas.name, site=where)

    def _basis(self, found: Explanation) -> str:
        noted = "" if found.noted_s is None else self.moment(found.noted_s)
        return self._w(found.basis, at=self.moment(found.at_s), noted=noted)

    def _next(self, found: Explanation) -> str:
        at_s = found.next_change_s
        return self._w("never") if at_s is None else self._w("next", at=self.moment(at_s))

    def _part(self, title: str, lines: Sequence[str]) -> list[str]:
        return [f"{self._w(title)}:", *(f"  {line}" for line in lines or [self._w("none")])]

    def _session(self, one: Running) -> str:
        session = one.session
        used = format_octets(session.counted_input + session.counted_output, self._language)
        has = self._w("unknown")
        if session.applied_down_bps is not None and session.applied_up_bps is not None:
            has = self.rate(Rate(session.applied_down_bps, session.applied_up_bps))
        where = f"{session.nas}  {session.mac or session.framed_ip}  {self.moment(session.started_s)}  {used}"
        return f"{where}  {self._w('has', rate=has)}, {self._should(one)}"

    def _should(self, one: Running) -> str:
        if one.decision is None or not one.decision.accepted:
            return self._w("should end")
        return self._w("should", rate=self.rate(one.decision.rate)) if one.differs else self._w("as it should")

    def _rate_of(self, order: Order) -> str:
        if order.down_bps is None or order.up_bps is None:
            return self._w("unknown")
        return self.rate(Rate(order.down_bps, order.up_bps))


def plain(found: Explanation, zone: ZoneInfo, language: str, slow: Sequence[Slowness] = ()) -> dict[str, Any]:
    """Everything for programs: bit/s, octets, ISO times with the zone; reasons as codes and in words."""
    person, place, decision = found.subscriber, found.place, found.decision
    return {
        "employee": {"username": person.known_as, "nip": person.nip, "name": person.name, "opd": person.opd.code},
        "nas": None if place is None else place.nas.name,
        "site": None if place is None or place.site is None else place.site.name,
        "at": _iso(found.at_s, zone),
        "basis": str(found.basis),
        "noted_at": _iso(found.noted_s, zone),
        "accepted": decision.accepted,
        "cause": str(decision.cause),
        "rate_down_bps": decision.rate.down_bps if decision.accepted else None,
        "rate_up_bps": decision.rate.up_bps if decision.accepted else None,
        "next_change_at": _iso(found.next_change_s, zone),
        "reasons": [_reason(reason, zone, language) for reason in decision.reasons],
        "sessions": [_session(one, zone) for one in found.sessions],
        "orders": [_order(order, zone) for order in found.orders],
        "refusals": [
            {"at": _iso(row.at_s, zone), "gateway": row.gateway, "code": row.code, "mac": row.mac}
            for row in found.refusals
        ],
        "slow": [_found(one, finding, language) for one in slow for finding in one.findings],
        "changes": [
            {"at": _iso(entry.at_s, zone), "by": entry.actor, "before": entry.before, "after": entry.after}
            for entry in found.changes
        ],
    }


def _iso(at_s: int | None, zone: ZoneInfo) -> str | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).astimezone(zone).isoformat()


def _reason(reason: Reason, zone: ZoneInfo, language: str) -> dict[str, Any]:
    return {
        "rule": str(reason.rule), "code": str(reason.code), "source": reason.source, "in_force": reason.in_force,
        "rate_bps": None if reason.rate is None else [reason.rate.down_bps, reason.rate.up_bps],
        "used": reason.used, "limit": reason.limit, "until": _iso(reason.until_s, zone),
        "text": sentence(reason, language, zone),
    }  # fmt: skip


def _session(one: Running, zone: ZoneInfo) -> dict[str, Any]:
    session, decision = one.session, one.decision
    wanted = decision.rate if decision is not None and decision.accepted else None
    return {
        "nas": session.nas, "gateway": session.gateway, "acct_session_id": session.acct_session_id, "mac": session.mac,
        "ip": session.framed_ip, "since": _iso(session.started_s, zone),
        "applied_bps": [session.applied_down_bps, session.applied_up_bps],
        "wanted_bps": None if wanted is None else [wanted.down_bps, wanted.up_bps],
        "down_octets": session.counted_output, "up_octets": session.counted_input,
    }  # fmt: skip


def _found(one: Slowness, finding: Finding, language: str) -> dict[str, Any]:
    return {
        "session": None if one.session is None else one.session.acct_session_id, "cause": str(finding.cause),
        "elsewhere": finding.is_elsewhere, "name": finding.name,
        "text": slowness_words.told(finding, language).replace(NO_BREAK_SPACE, " "),
        "remedy": slowness_words.remedy(finding, language),
    }  # fmt: skip


def _order(order: Order, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": _iso(order.created_ms // 1000, zone), "nas": order.nas, "kind": str(order.kind), "code": order.code,
        "state": str(order.state), "rate_bps": [order.down_bps, order.up_bps], "error_cause": order.error_cause,
        "result": order.result, "attempts": order.attempts,
    }  # fmt: skip
