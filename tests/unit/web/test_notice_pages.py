"""The pages of notices: what went to whom, what did not and why, a test, another try; nothing is set up: it says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from netquota.domain.notices import Channel, Topic, address_of
from netquota.services.notice_addressing import address_all, address_book
from netquota.services.notices import tell
from netquota.storage import notice_store
from netquota.storage.database import Database
from netquota.storage.notice_store import DeliveryFilter, State
from tests.web_city import WebCity, post

SET_UP = {
    "smtp_host": "127.0.0.1", "mail_from": "n@kota.go.id", "admins": "mail:noc@kota.go.id,mail:x@kota.go.id",
}  # fmt: skip


@dataclass
class Desk:
    city: WebCity
    client: FlaskClient

    def deliveries(self) -> list[notice_store.Delivery]:
        with self.city.database.read() as connection:
            return notice_store.deliveries(connection, DeliveryFilter(size=100))[0]

    def tell_and_lose_one(self) -> None:
        """A gateway is silent: one admin hears of it, the other's address does not exist."""
        now_s = self.city.now_s
        book = address_book(self.city.context.settings, [Channel.MAIL])
        with self.city.database.write() as connection:
            tell(connection, "k", Topic.GATEWAY_SILENT, {"what": "gw-<b>1", "since_s": now_s}, now_s)
            address_all(connection, book, now_s)
            while claimed := notice_store.claim(connection, Channel.MAIL, now_s, 300, 60):
                lost = claimed.to.to.startswith("x@")
                state, said = (State.GIVEN_UP, "550 no such user") if lost else (State.SENT, "taken")
                notice_store.settle(connection, claimed, state, now_s, said)


def desk_of(database: Database, role: str = "network_admin", **notices: object) -> Desk:
    city = WebCity.on(database, notices=notices)
    if role != "network_admin":
        city.add_admin("budi")  # without one the first-run page asks for it
    city.add_admin(role=role)
    return Desk(city, city.browser())


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return desk_of(sqlite_database, **SET_UP)


def test_without_a_way_the_page_says_what_to_set_up(sqlite_database: Database) -> None:
    page = desk_of(sqlite_database).client.get("/notices").text
    assert "Belum ada saluran yang diatur" in page
    assert page.count("belum diatur") == 3
    assert "Kirim percobaan" not in page


def test_who_was_told_and_who_was_not_is_listed_and_filtered(desk: Desk) -> None:
    desk.tell_and_lose_one()
    page = desk.client.get("/notices").text
    assert "gw-&lt;b&gt;1" in page
    assert "<b>1" not in page
    assert "noc@kota.go.id" in page
    assert "550 no such user" in page
    only = desk.client.get("/notices?state=given_up").text
    assert "x@kota.go.id" in only
    assert "noc@kota.go.id" not in only
    assert "Tidak ada pemberitahuan yang cocok" in desk.client.get("/notices?q=zzz").text
    assert desk.client.get("/notices?state='&topic=%00&page=99").status_code == 200


def test_one_is_read_as_it_was_sent_and_a_lost_one_goes_out_again(desk: Desk) -> None:
    desk.tell_and_lose_one()
    lost, sent = sorted(desk.deliveries(), key=lambda each: each.state)
    page = desk.client.get(f"/notices/{lost.id}").text
    assert "tidak terdengar sejak" in page
    assert "Kirim lagi" in page
    assert "Kirim lagi" not in desk.client.get(f"/notices/{sent.id}").text
    assert post(desk.client, f"/notices/{lost.id}/retry").status_code == 302
    assert {each.state for each in desk.deliveries()} == {State.WAITING, State.SENT}
    post(desk.client, f"/notices/{sent.id}/retry")
    assert "Sementara itu sudah terkirim" in desk.client.get("/notices").text
    assert desk.client.get("/notices/999").status_code == 404


def test_a_test_is_written_for_the_scheduler_and_a_wrong_address_told(desk: Desk) -> None:
    answer = post(desk.client, "/notices/test", channel="mail", to="bukan alamat")
    assert answer.status_code == 400
    assert "Tuliskan alamat surel seperti nama@kota.go.id." in answer.text
    assert post(desk.client, "/notices/test", channel="fax", to="1").status_code == 400
    assert post(desk.client, "/notices/test", channel="mail", to="rina@kota.go.id").status_code == 302
    with desk.city.database.write() as connection:
        address_all(connection, address_book(desk.city.context.settings, [Channel.MAIL]), desk.city.now_s)
    (one,) = desk.deliveries()
    assert (one.topic, one.to, one.language) == (Topic.TEST, address_of("mail:rina@kota.go.id"), "id")


def test_an_auditor_reads_and_changes_nothing(sqlite_database: Database) -> None:
    desk = desk_of(sqlite_database, "auditor", **SET_UP)
    desk.tell_and_lose_one()
    lost = next(each for each in desk.deliveries() if each.state is State.GIVEN_UP)
    assert "Kirim percobaan" not in desk.client.get("/notices").text
    assert "Kirim lagi" not in desk.client.get(f"/notices/{lost.id}").text
    assert post(desk.client, f"/notices/{lost.id}/retry").status_code == 403
    assert post(desk.client, "/notices/test", channel="mail", to="a@b.id").status_code == 403


def test_the_overview_says_what_did_not_arrive(desk: Desk) -> None:
    desk.tell_and_lose_one()
    page = desk.client.get("/overview").text
    assert "1 pemberitahuan tidak sampai" in page
    assert "mail: 550 no such user" in page


def test_a_broken_template_is_told_with_its_line(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "test.id.txt").write_text("Perihal: a\n\n{nama}\n")
    desk = desk_of(sqlite_database, **SET_UP, templates_dir=str(tmp_path))
    assert "test.id.txt line 3" in desk.client.get("/notices").text
