"""Lists of employees and offices: judged row by row, applied whole or not at all, taken back; on each database."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from netquota.clock import FixedClock
from netquota.domain.scope import Scope
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import add, change, get
from netquota.services.imports import applying, running
from netquota.services.imports.applying import HasFaults, MustAsk, undo
from netquota.services.imports.judging import Judged, Outcome, Whole
from netquota.services.imports.matching import match
from netquota.services.imports.running import Choices, Import
from netquota.services.job_runner import JobRunner
from netquota.services.office import Author, Office
from netquota.settings import Settings
from netquota.sheets import read
from netquota.storage import audit_store, schema
from netquota.storage.ledger_store import PERSON, page_on

WIB = ZoneInfo("Asia/Jakarta")
ANI = Author("ani", "uji")
GRACE = 31
NIPS = ("198609262015051001", "198809262015052002", "199009262015051003")


@pytest.fixture
def office(office: Office) -> Office:
    """Two offices, a plan, three people of the registry office and one of the hospital."""
    add(office, "plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}, ANI)
    add(office, "opd", {"code": "DISDUKCAPIL", "name": "Dinas Kependudukan dan Pencatatan Sipil", "plan": "staf"}, ANI)
    add(office, "opd", {"code": "RSUD", "name": "Rumah Sakit Umum Daerah", "plan": "staf"}, ANI)
    for number, nip in enumerate(NIPS):
        person = {"username": f"p{number}", "nip": nip, "name": f"Pegawai {number}", "opd": "DISDUKCAPIL"}
        add(office, "employee", person, ANI)
    add(office, "employee", {"username": "honorer", "name": "Tanpa NIP", "opd": "DISDUKCAPIL"}, ANI)
    return office


def opened(
    office: Office, kind: str, content: bytes | str, whole: Whole = Whole.NOBODY, file: str = "daftar.csv"
) -> Import:  # fmt: skip
    octets = content.encode() if isinstance(content, str) else content
    run_id = running.upload(office, kind, file, octets, ANI)
    running.choose(office, run_id, Choices(whole=whole))
    return running.opened(office, run_id, "ani")


def tried(office: Office, content: str, whole: Whole = Whole.NOBODY, kind: str = "employee") -> Judged:
    return running.tried(office, opened(office, kind, content, whole), GRACE)


def applied(office: Office, content: str, whole: Whole = Whole.NOBODY, kind: str = "employee", **more: int) -> int:
    one = opened(office, kind, content, whole)
    running.applied(office, one, GRACE, ANI, **more)
    return one.run.id


def outcomes(judged: Judged) -> list[tuple[int, str]]:
    return [(line.row, line.outcome.value) for line in judged.lines]


def audit_count(office: Office) -> int:
    with office.database.read() as connection:
        assert audit_store.verify(connection) == []
        return audit_store.count(connection)


# -- columns --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        ("NIP;Nama Lengkap;Unit Kerja;No. HP", ["nip", "name", "opd", "phone"]),
        ("NIP BARU,NAMA PEGAWAI,SKPD,E-mail", ["nip", "name", "opd", "mail"]),
        ("nip\tfull name\toffice\tcontract ends", ["nip", "name", "opd", "_contract_ends"]),
        ("Username,Name,OPD,Berlaku sampai", ["username", "name", "opd", "valid_until"]),
    ],
)
def test_columns_are_known_by_their_headings_in_both_languages(headings: str, fields: list[str]) -> None:
    assert list(match(read(headings.encode()), "employee").fields.values()) == fields


def test_titles_above_the_headings_are_passed_over_and_rows_keep_their_numbers(office: Office) -> None:
    content = f"PEMERINTAH KOTA\nDaftar pegawai 2026\n\nNIP,Nama,OPD\n{NIPS[0]},Pegawai 0,DISDUKCAPIL\n"
    assert outcomes(tried(office, content)) == [(5, "same")]


def test_unknown_headings_are_named_and_may_be_chosen() -> None:
    sheets = read(b"NIP,Nama,OPD,Golongan,Kontak\n1,a,b,c,d\n")
    found = match(sheets, "employee")
    assert [found.headings[column] for column in found.unknown] == ["Golongan", "Kontak"]
    chosen = match(sheets, "employee", {4: "phone", 3: ""})
    assert (chosen.fields[4], chosen.unknown) == ("phone", ())


@pytest.mark.parametrize(
    ("headings", "said", "told"),
    [
        ("NIP,NIP Baru,Nama", {}, "column 'NIP' is that already"),
        ("a,b,c", {}, "no heading is known; head the columns username, nip, nama, opd"),
        ("NIP,Nama", {1: "kata_sandi"}, "choose one of"),
        ("NIP,Nama", {1: "password"}, "choose one of"),
    ],
)
def test_columns_that_cannot_be_are_told(headings: str, said: dict[int, str], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        match(read(headings.encode()), "employee", said)


def test_a_column_of_passwords_is_never_imported() -> None:
    found = match(read(b"NIP,Nama,Password\n1,a,rahasia\n"), "employee")
    assert [found.headings[column] for column in found.unknown] == ["Password"]


def test_the_sheet_that_fits_best_is_taken_or_the_one_that_is_named() -> None:
    book = Workbook()
    book.active.title = "Petunjuk"
    book.active.append(["Isi lembar Data"])
    data = book.create_sheet("Data")
    data.append(["NIP", "Nama", "OPD"])
    other = book.create_sheet("Lain")
    other.append(["Username", "Nama"])
    out = io.BytesIO()
    book.save(out)
    sheets = read(out.getvalue())
    assert match(sheets, "employee").sheet.name == "Data"
    assert match(sheets, "employee", sheet_name="lain").sheet.name == "Lain"
    with pytest.raises(NotFound, match="there are Petunjuk, Data, Lain"):
        match(sheets, "employee", sheet_name="Tidak ada")


# -- judging --------------------------------------------------------------------------------------------------------
def test_rows_are_created_changed_or_the_same(office: Office) -> None:
    content = (
        "NIP;Nama;OPD;Email\n"
        f"{NIPS[0]};Pegawai 0;DISDUKCAPIL;\n"
        f"{NIPS[1]};Nama Baru;DISDUKCAPIL;baru@kota.go.id\n"
        "198609262015051009;Melati;RSUD;\n"
    )
    judged = tried(office, content)
    assert outcomes(judged) == [(2, "same"), (3, "change"), (4, "create")]
    assert judged.lines[1].before == {"name": "Pegawai 1", "mail": ""}
    assert judged.lines[1].after == {"name": "Nama Baru", "mail": "baru@kota.go.id"}
    assert judged.lines[2].after["username"] == "198609262015051009"


def test_an_empty_cell_leaves_what_is_there_and_a_dash_empties_it(office: Office) -> None:
    change(office, "employee", "p0", {"mail": "p0@kota.go.id", "phone": "0811"}, ANI)
    applied(office, f"NIP,Nama,Email,HP\n{NIPS[0]},,,-\n")
    values = get(office, "employee", "p0").values
    assert (values["name"], values["mail"], values["phone"]) == ("Pegawai 0", "p0@kota.go.id", "")


def test_an_office_may_be_named_by_code_or_in_full_and_a_slip_is_guessed(office: Office) -> None:
    judged = tried(
        office,
        "NIP,Nama,Unit Kerja\n"
        "198609262015051009,A,rumah sakit umum daerah\n"
        "198609262015051008,B,rsud\n"
        "198609262015051007,C,DISDUKCAPL\n"
        "198609262015051006,D,XYZ\n",
    )
    assert [line.outcome.value for line in judged.lines] == ["create", "create", "error", "error"]
    assert [fault.remedy for fault in judged.faults] == [
        "there is no such opd; did you mean DISDUKCAPIL?", "there is no such opd; add it first or check the spelling",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "column", "value", "remedy"),
    [
        ("19880214,A,RSUD,", "NIP", "19880214", "18 digits needed"),
        ("198613262015051001,A,RSUD,", "NIP", "198613262015051001", "no such birth date"),
        ("1.98609262015051E+17,A,RSUD,", "NIP", "1.98609262015051E+17", "the spreadsheet rounded this number"),
        ("198609262015051009,,RSUD,", "Nama", "", "it is needed"),
        ("198609262015051009,A,,", "OPD", "", "it is needed"),
        (",A,RSUD,", "NIP", "", "it is needed"),
        ("198609262015051009,A,RSUD,nama.kota.go.id", "Email", "nama.kota.go.id", "give an address"),
    ],
)
def test_a_fault_names_row_column_value_and_remedy(
    office: Office, row: str, column: str, value: str, remedy: str
) -> None:
    (fault,) = tried(office, f"NIP,Nama,OPD,Email\n{row}\n").faults
    assert (fault.row, fault.column, fault.value) == (2, column, value)
    assert fault.remedy.startswith(remedy)


def test_all_faults_of_a_row_are_told_at_once(office: Office) -> None:
    judged = tried(office, "NIP,Nama,OPD,Email\n1,,X,y\n")
    assert [fault.column for fault in judged.faults] == ["NIP", "OPD", "Email", "Nama"]


def test_the_same_person_twice_in_a_list_is_a_fault_and_so_is_anothers_number(office: Office) -> None:
    add(office, "employee", {"username": "lain", "name": "Lain", "opd": "RSUD"}, ANI)
    judged = tried(
        office,
        f"Username,NIP,Nama,OPD\na,198609262015051009,A,RSUD\nb,198609262015051009,B,RSUD\nlain,{NIPS[0]},Lain,RSUD\n",
    )
    assert [(fault.row, fault.remedy) for fault in judged.faults] == [
        (3, "row 2 has it already; keep one of them"), (4, "somebody else has it already"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31/12/2027", "2027-12-31"), ("31-12-2027", "2027-12-31"), ("31.12.2027", "2027-12-31"),
        ("2027-12-31", "2027-12-31"), ("31 Desember 2027", "2027-12-31"), ("1 Mei 2027", "2027-05-01"),
        ("03/04/2027", "2027-04-03"),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written_here(office: Office, cell: str, day: str) -> None:
    (line,) = tried(office, f"NIP,Berlaku sampai\n{NIPS[0]},{cell}\n").lines
    until = datetime.fromisoformat(day).replace(tzinfo=WIB) + timedelta(days=1)
    assert line.values["valid_until_s"] == int(until.timestamp())


@pytest.mark.parametrize("cell", ["32/12/2027", "12/31/2027", "besok"])
def test_days_that_do_not_exist_are_faults(office: Office, cell: str) -> None:
    (fault,) = tried(office, f"NIP,Berlaku sampai\n{NIPS[0]},{cell}\n").faults
    assert fault.value == cell


@pytest.mark.parametrize(
    ("ends", "last", "has_grace"), [("31/12/2026", "2027-01-31", True), ("30/06/2027", "2027-06-30", False)]
)
def test_contracts_that_end_with_the_year_get_days_of_grace(
    office: Office, ends: str, last: str, has_grace: bool
) -> None:
    content = f"NIP,Akhir kontrak\n{NIPS[0]},{ends}\n"
    (line,) = tried(office, content).lines
    assert line.has_grace is has_grace
    applied(office, content)
    assert (
        get(office, "employee", "p0")
        .values["valid_until"]
        .startswith((datetime.fromisoformat(last) + timedelta(days=1)).date().isoformat())
    )
    assert outcomes(tried(office, content)) == [(2, "same")], "the same list again changes nothing"


# -- leaving and moving ---------------------------------------------------------------------------------------------
WHOLE = f"NIP,Nama,OPD\n{NIPS[0]},Pegawai 0,DISDUKCAPIL\n{NIPS[1]},Pegawai 1,DISDUKCAPIL\n"


def test_whoever_a_whole_list_leaves_out_has_left_but_nobody_without_a_nip(office: Office) -> None:
    judged = tried(office, WHOLE, Whole.OFFICES)
    assert [(line.key, line.outcome.value) for line in judged.lines if line.row == 0] == [("p2", "retire")]
    assert outcomes(tried(office, WHOLE)) == [(2, "same"), (3, "same")]


def test_a_whole_list_speaks_for_its_own_offices_alone_unless_it_is_the_citys(office: Office) -> None:
    person = {"username": "dokter", "nip": "198609262015051004", "name": "Dokter", "opd": "RSUD"}
    add(office, "employee", person, ANI)
    assert "dokter" not in {line.key for line in tried(office, WHOLE, Whole.OFFICES).lines}
    assert {line.key for line in tried(office, WHOLE, Whole.CITY).lines if line.row == 0} == {"p2", "dokter"}


def test_an_import_by_which_too_many_would_leave_stops_and_asks(office: Office) -> None:
    content = f"NIP,Nama,OPD\n{NIPS[0]},Pegawai 0,DISDUKCAPIL\n"
    with pytest.raises(MustAsk, match="2 of 4 people would leave") as caught:
        applied(office, content, Whole.OFFICES)
    assert caught.value.judged.leaving == 2
    assert get(office, "employee", "p2").values["status"] == "active"
    with pytest.raises(MustAsk):
        applied(office, content, Whole.OFFICES, leaving_meant=1)
    applied(office, content, Whole.OFFICES, leaving_meant=2)
    assert [get(office, "employee", name).values["status"] for name in ("p0", "p1", "p2", "honorer")] == [
        "active", "left", "left", "active",
    ]  # fmt: skip


def test_leaving_by_a_column_counts_as_well(office: Office) -> None:
    with pytest.raises(MustAsk):
        applied(office, f"NIP,Status\n{NIPS[0]},pensiun\n{NIPS[1]},Keluar\n")


def test_somebody_moves_at_once_or_on_the_day_that_the_list_names(
    office: Office, clock: FixedClock, tmp_path: Path
) -> None:
    content = f"NIP,OPD,TMT Pindah\n{NIPS[0]},RSUD,\n{NIPS[1]},RSUD,24/11/2026\n{NIPS[2]},RSUD,01/12/2026\n"
    judged = tried(office, content)
    assert [line.moves_on for line in judged.lines] == [None, None, datetime(2026, 12, 1, tzinfo=UTC).date()]
    applied(office, content)
    offices = [get(office, "employee", f"p{number}").values["opd"] for number in range(3)]
    assert offices == ["RSUD", "RSUD", "DISDUKCAPIL"]
    runner = JobRunner(office.database, office.secrets, Settings(state_dir=tmp_path), clock, "a")
    for day, now_in in ((30, "DISDUKCAPIL"), (31, "RSUD")):
        clock.moment = (
            datetime(2026, 11, 30, 23, 0, tzinfo=WIB) if day == 30 else datetime(2026, 12, 1, 0, 10, tzinfo=WIB)
        )
        assert runner.beat().holds
        runner.catch_up("moves")
        assert get(office, "employee", "p2").values["opd"] == now_in
    with office.database.read() as connection:
        (entry,) = audit_store.entries(connection, audit_store.AuditFilter(actor="clock"))
    assert (entry.key, entry.before, entry.after) == ("p2", {"opd": "DISDUKCAPIL"}, {"opd": "RSUD"})


# -- applied and taken back -----------------------------------------------------------------------------------------
MIXED = f"NIP,Nama,OPD\n{NIPS[0]},Nama Baru,RSUD\n198609262015051009,Melati,RSUD\n"


def test_one_wrong_row_and_nothing_is_changed(office: Office) -> None:
    before = audit_count(office)
    with pytest.raises(HasFaults, match="1 rows are wrong; nothing was changed"):
        applied(office, MIXED + "1,X,RSUD\n")
    assert audit_count(office) == before
    assert get(office, "employee", "p0").values["name"] == "Pegawai 0"


def test_each_change_stands_in_the_audit_trail_with_the_file_as_reason(office: Office) -> None:
    before = audit_count(office)
    one = opened(office, "employee", MIXED, file="bkpsdm-2026.xlsx")
    running.applied(office, one, GRACE, Author("ani"))
    assert audit_count(office) == before + 2
    with office.database.read() as connection:
        changed, added = audit_store.entries(connection, limit=2)
    assert (added.action, added.key, added.why) == ("add", "198609262015051009", "import of bkpsdm-2026.xlsx")
    assert (changed.action, changed.before["name"], changed.after["name"]) == ("change", "Pegawai 0", "Nama Baru")


def test_workers_and_sessions_are_told_of_what_changed(office: Office) -> None:
    told: list[tuple[str, int]] = []
    following = replace(office, on_change=lambda _c, kind, ids, _now: told.append((kind, len(ids))))
    one = opened(following, "employee", MIXED)
    running.applied(following, one, GRACE, ANI)
    assert told == [("employee", 2)]
    with office.database.read() as connection:
        kinds = list(
            connection.execute(
                select(schema.policy_change.c.kind).order_by(schema.policy_change.c.id.desc()).limit(2)
            ).scalars()
        )
    assert kinds == ["employee", "employee"]


def test_an_import_is_taken_back_whole(office: Office) -> None:
    run_id = applied(office, MIXED)
    assert undo(office, run_id, ANI) == 2
    values = get(office, "employee", "p0").values
    assert (values["name"], values["opd"]) == ("Pegawai 0", "DISDUKCAPIL")
    with pytest.raises(NotFound):
        get(office, "employee", "198609262015051009")
    with pytest.raises(Conflict, match="taken back already"):
        undo(office, run_id, ANI)
    audit_count(office)


def test_who_used_the_network_meanwhile_leaves_instead_of_vanishing(office: Office) -> None:
    run_id = applied(office, MIXED)
    with office.database.write() as connection:
        person = connection.execute(select(schema.employee.c.id).where(schema.employee.c.name == "Melati")).scalar_one()
        page_on(connection).add_samples([(PERSON, person, 0, 5, 5)])
    undo(office, run_id, ANI)
    assert get(office, "employee", "198609262015051009").values["status"] == "left"


def test_what_was_changed_since_is_not_overwritten_by_taking_back(office: Office) -> None:
    run_id = applied(office, MIXED)
    change(office, "employee", "p0", {"name": "Nama lain lagi"}, ANI)
    with pytest.raises(Conflict, match="1 were changed since: p0; nothing was taken back"):
        undo(office, run_id, ANI)


def test_after_a_day_nothing_is_taken_back(office: Office, clock: FixedClock) -> None:
    run_id = applied(office, MIXED)
    clock.advance(applying.UNDO_S + 1)
    with pytest.raises(Conflict, match="a day is over"):
        undo(office, run_id, ANI)


def test_an_import_is_applied_once(office: Office) -> None:
    one = opened(office, "employee", MIXED)
    running.applied(office, one, GRACE, ANI)
    with pytest.raises(Conflict, match="applied already"):
        running.applied(office, one, GRACE, ANI)


def test_another_persons_import_does_not_exist_for_me(office: Office) -> None:
    one = opened(office, "employee", MIXED)
    with pytest.raises(NotFound):
        running.opened(office, one.run.id, "budi")


# -- an operator's list ---------------------------------------------------------------------------------------------
def test_an_operator_imports_people_of_his_own_office_alone(office: Office) -> None:
    with office.database.read() as connection:
        rsud = connection.execute(select(schema.opd.c.id).where(schema.opd.c.code == "RSUD")).scalar_one()
    mine = replace(office, scope=Scope(frozenset({rsud})))
    judged = tried(
        mine,
        "NIP,Nama,OPD\n"
        "198609262015051009,Melati,RSUD\n"
        "198609262015051008,Budi,DISDUKCAPIL\n"
        f"{NIPS[0]},Pegawai 0,RSUD\n",
    )
    assert outcomes(judged) == [(2, "create"), (3, "error"), (4, "error")]
    assert [fault.remedy for fault in judged.faults] == [
        "choose one of your own offices", "this belongs to another office; ask the ICT office to move it",
    ]  # fmt: skip
    assert {line.key for line in tried(mine, WHOLE, Whole.CITY).lines if line.row == 0} == set()


def test_an_operators_list_sets_no_limits() -> None:
    found = match(read(b"NIP,Nama,OPD,Paket,Batas khusus\n1,a,b,c,d\n"), "employee", None, {"nip", "name", "opd"})
    assert [found.headings[column] for column in found.unknown] == ["Paket", "Batas khusus"]


def test_what_columns_were_is_remembered_but_for_fields_that_may_be_set_no_more(office: Office) -> None:
    head, rows = "NIP,Orang,Tempat,Macam,\n", f"{NIPS[0]},Pegawai 9,DISDUKCAPIL,staf,081234567890\n"
    run_id = running.upload(office, "employee", "daftar.csv", (head + rows).encode(), ANI)
    running.choose(office, run_id, Choices(columns={1: "name", 2: "opd", 3: "plan", 4: "phone"}))
    running.applied(office, running.opened(office, run_id, "ani"), GRACE, ANI)
    later = running.upload(office, "employee", "daftar.csv", (",Orang,Macam,NIP,\n" + rows).encode(), ANI)
    fields = {"nip", "name", "opd", "phone"}
    running.as_before(office, later, ANI, fields)
    found = running.opened(office, later, "ani", fields)
    assert dict(found.matched.fields) == {1: "name", 3: "nip"}
    running.as_before(office, later, ANI)
    assert dict(running.opened(office, later, "ani").matched.fields) == {1: "name", 2: "plan", 3: "nip"}
    with pytest.raises(InvalidValue, match="choose one of"):  # his rights shrank while the list lay open
        running.opened(office, later, "ani", fields)
    assert dict(running.opened(office, later, "ani", fields, strict=False).matched.fields) == {1: "name", 3: "nip"}


# -- other lists ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "content", "key", "field", "value"),
    [
        (
            "opd",
            "Kode;Nama;Batas atas;Dijamin\nDINKES;Dinas Kesehatan;60M/30M;20M/10M\n",
            "DINKES",
            "ceiling",
            "60M/30M",
        ),
        ("plan", "Kode,Nama,Kecepatan\npimpinan,Pimpinan,20M/5M\n", "pimpinan", "rate", "20M/5M"),
        (
            "quota",
            "Kode,Nama,Paket,Volume,Periode,Kecepatan bila habis\nq,Kuota,staf,10 GB,bulanan,1M/512k\n",
            "q",
            "octets",
            "10GB",
        ),
        (
            "link",
            "Nama,Penyedia,Kapasitas,Berakhir\nSerat,PT Y,100M/50M,31/12/2027\n",
            "Serat",
            "ends_on",
            "2027-12-31",
        ),
        ("nas", "Nama,Alamat IP,Merek\ngw-1,10.9.0.1,mikrotik\n", "gw-1", "address", "10.9.0.1"),
        ("site", "Nama,OPD,Cara\nLantai 1,RSUD,per pegawai\n", "Lantai 1", "mode", "per_employee"),
        ("application", "Kode,Nama Aplikasi,OPD,Fungsi\nSIAK,SIAK,RSUD,data\n", "SIAK", "function", "data"),
    ],
)
def test_other_lists_are_imported_alike(
    office: Office, kind: str, content: str, key: str, field: str, value: str
) -> None:
    applied(office, content, kind=kind)
    assert get(office, kind, key).values[field] == value
    assert outcomes(tried(office, content, kind=kind)) == [(2, "same")]


def test_a_kind_without_lists_is_told(office: Office) -> None:
    with pytest.raises(NotFound, match="lists may hold employee, device, opd"):
        running.upload(office, "admin", "a.csv", b"a,b\n", ANI)


# -- files to take home ---------------------------------------------------------------------------------------------
def test_the_error_file_holds_the_same_rows_with_the_reason(office: Office) -> None:
    one = opened(office, "employee", MIXED + '1,"=cmd|x",RSUD\n')
    judged = running.tried(office, one, GRACE)
    table = running.result_rows(one, judged, "id", only_faults=True)
    assert table.columns == ["NIP", "Nama", "OPD", "Hasil", "Alasan"]
    assert table.rows == [["1", "=cmd|x", "RSUD", "salah", "NIP: 18 digits needed"]]
    everything = running.result_rows(one, judged, "en", only_faults=False)
    assert [row[3] for row in everything.rows] == ["changed", "created", "wrong"]


def test_the_result_names_whom_the_list_left_out(office: Office) -> None:
    one = opened(office, "employee", WHOLE, Whole.OFFICES)
    rows = running.result_rows(one, running.tried(office, one, GRACE), "id", only_faults=False).rows
    assert rows[-1][3] == "keluar"
    assert "p2" in rows[-1]


def test_thousands_of_rows_are_judged_and_applied_in_seconds(office: Office) -> None:
    rows = [f"19910926201505{1 + n % 2}{n % 999 + 1:03d},u{n},Nama {n},RSUD" for n in range(900)]
    content = "NIP,Username,Nama,OPD\n" + "\n".join(rows) + "\n"
    judged = tried(office, content)
    assert judged.counts[Outcome.CREATE] == 900
    applied(office, content)
    with office.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.employee)).scalar_one() == 904
    audit_count(office)
