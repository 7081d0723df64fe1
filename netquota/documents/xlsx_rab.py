"""The RAB as a sheet of live formulas: change a price, and sum, PPN, total and the amount in words follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netquota.documents.inputs import BudgetInput
from netquota.documents.rab import MEGA, Rab, RabLine, Sums

_WORDS_SHEET = "Kata"
_ONES = '"satu","dua","tiga","empat","lima","enam","tujuh","delapan","sembilan"'
_TEENS = f'{_ONES},"sepuluh","sebelas"'
_GROUPS = (("triliun", 12), ("miliar", 9), ("juta", 6), ("ribu", 3), ("", 0))
_HEAD = ("No.", "Uraian", "Kode Rekening", "Volume", "Satuan", "Bulan", "Harga Satuan (Rp)", "Jumlah (Rp)")
_REVISED = (
    "No.", "Uraian", "Kode Rekening", "Volume sebelum", "Volume sesudah", "Satuan", "Bulan",
    "Harga Satuan sebelum (Rp)", "Harga Satuan sesudah (Rp)", "Jumlah sebelum (Rp)", "Jumlah sesudah (Rp)",
    "Bertambah/(berkurang) (Rp)",
)  # fmt: skip
_FIRST = 3


class RabSheet:
    """Writes the sheet `RAB` and, hidden, the sheet that puts the total into words."""

    def __init__(self, book: Any, given: BudgetInput, budget: Rab) -> None:
        self._book, self._given, self._rab = book, given, budget
        self._sheet = book.add_worksheet("RAB")
        border: dict[str, object] = {"border": 1, "valign": "top"}
        self._text = book.add_format({**border, "text_wrap": True})
        self._input = book.add_format({**border, "num_format": "#,##0.######", "bg_color": "#FFF8E5"})
        self._money_input = book.add_format({**border, "num_format": "#,##0", "bg_color": "#FFF8E5"})
        self._money = book.add_format({**border, "num_format": "#,##0;(#,##0)"})
        self._total = book.add_format({**border, "num_format": "#,##0;(#,##0)", "bold": True, "bg_color": "#F4F6F6"})
        self._bold = book.add_format({"bold": True, "font_size": 12})
        self._head = book.add_format(
            {**border, "bold": True, "text_wrap": True, "align": "center", "bg_color": "#EAEEEF"}
        )

    def write(self) -> None:
        """Lines, sums, words."""
        sheet, revised = self._sheet, self._rab.before_sums
        sheet.write_string(0, 0, "Rencana Anggaran Biaya", self._bold)
        sheet.write_string(1, 0, "Kolom kuning boleh diubah; yang lain dihitung.")
        heads = _HEAD if revised is None else _REVISED
        sheet.set_row(_FIRST - 1, 45)
        for at, text in enumerate(heads):
            sheet.write_string(_FIRST - 1, at, text, self._head)
            sheet.set_column(at, at, {0: 5, 1: 40, 2: 18}.get(at, 9 if "Rp" not in text else 17))
        before = self._rab.before or (None,) * len(self._rab.lines)
        for at, (line, was) in enumerate(zip(self._rab.lines, before, strict=True)):
            self._line(_FIRST + at, at + 1, line, was)
        amounts = len(heads) - (1 if revised is None else 3)
        columns = (
            [(amounts, self._rab.sums)] if revised is None else [(amounts, revised), (amounts + 1, self._rab.sums)]
        )
        last = _FIRST + len(self._rab.lines)
        self._sums(last, amounts, columns)
        total_column = columns[-1][0]
        self._words(last + 4, total_column)
        sheet.freeze_panes(_FIRST, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _line(self, row: int, number: int, line: RabLine, was: RabLine | None) -> None:
        sheet = self._sheet
        sheet.set_row(row, 30)  # descriptions wrap
        sheet.write_number(row, 0, number, self._text)
        sheet.write_string(row, 1, line.description, self._text)
        sheet.write_string(row, 2, line.account, self._text)
        if was is None:
            sheet.write_number(row, 3, line.quantity / MEGA, self._input)
            sheet.write_string(row, 4, line.unit, self._text)
            sheet.write_number(row, 5, line.months, self._input)
            sheet.write_number(row, 6, line.price_rp, self._money_input)
            self._formula(row, 7, f"=ROUND(D{row + 1}*F{row + 1}*G{row + 1},0)", self._money, line.amount_rp)
            return
        for column, value in ((3, was.quantity / MEGA), (4, line.quantity / MEGA), (6, line.months)):
            sheet.write_number(row, column, value, self._input)
        sheet.write_string(row, 5, line.unit, self._text)
        sheet.write_number(row, 7, was.price_rp, self._money_input)
        sheet.write_number(row, 8, line.price_rp, self._money_input)
        at = row + 1
        self._formula(row, 9, f"=ROUND(D{at}*G{at}*H{at},0)", self._money, was.amount_rp)
        self._formula(row, 10, f"=ROUND(E{at}*G{at}*I{at},0)", self._money, line.amount_rp)
        self._formula(row, 11, f"=K{at}-J{at}", self._money, line.amount_rp - was.amount_rp)

    def _sums(self, row: int, first: int, columns: Sequence[tuple[int, Sums]]) -> None:
        ppn = self._given.settings.ppn
        base = f"{ppn.base_numerator}/{ppn.base_denominator}"
        names = ("Jumlah", f"DPP nilai lain ({base})", f"PPN {ppn.rate_permille / 10:g} % dari DPP", "Total")
        for offset, name in enumerate(names):
            for column in range(first):
                self._sheet.write_string(row + offset, column, name if column == 1 else "", self._total)
        for column, sums in columns:
            self._column(row, column, sums)
        if len(columns) == 2:
            for offset, (was, now) in enumerate(zip(_figures(columns[0][1]), _figures(columns[1][1]), strict=True)):
                at = row + offset + 1
                self._formula(row + offset, 11, f"=K{at}-J{at}", self._total, now - was)

    def _column(self, row: int, column: int, sums: Sums) -> None:
        """Sum, base, PPN and total below one column of amounts."""
        ppn, letter = self._given.settings.ppn, chr(ord("A") + column)
        total = f"{letter}{row + 1}"
        # One product before one division: no rounding on the way can turn a half.
        tax = f"=ROUND({total}*{ppn.base_numerator * ppn.rate_permille}/{ppn.base_denominator * 1000},0)"
        formulas = (
            f"=SUM({letter}{_FIRST + 1}:{letter}{row})",
            f"=ROUND({total}*{ppn.base_numerator}/{ppn.base_denominator},0)",
            tax,
            f"={total}+{letter}{row + 3}",
        )
        for offset, (formula, value) in enumerate(zip(formulas, _figures(sums), strict=True)):
            self._formula(row + offset, column, formula, self._total, value)

    def _words(self, row: int, total_column: int) -> None:
        letter = chr(ord("A") + total_column)
        words = self._book.add_worksheet(_WORDS_SHEET)
        words.hide()
        words.write_formula(0, 0, f"=RAB!{letter}{row}", None, self._rab.sums.total_rp)
        for at, (name, power) in enumerate(_GROUPS, start=1):
            value = self._rab.sums.total_rp // 10**power % 1000
            words.write_formula(at, 0, f"=MOD(INT($A$1/1E{power}),1000)", None, value)
            words.write_formula(at, 1, "=" + _spoken(f"A{at + 1}", name), None, "")
        joined = '=TRIM(IF($A$1=0,"nol ",B2&B3&B4&B5&B6)&"rupiah")'
        text = self._rab.sums.words
        words.write_formula(7, 0, joined, None, text[0].lower() + text[1:])
        self._sheet.write_string(row + 1, 1, "Terbilang", self._bold)
        shown = f"=UPPER(LEFT({_WORDS_SHEET}!A8,1))&MID({_WORDS_SHEET}!A8,2,400)"
        self._formula(row + 1, 2, shown, None, text)

    def _formula(self, row: int, column: int, formula: str, form: Any, value: int | str) -> None:
        self._sheet.write_formula(row, column, formula, form, value)


def _figures(sums: Sums) -> tuple[int, int, int, int]:
    return sums.sum_rp, sums.base_rp, sums.ppn_rp, sums.total_rp


def _spoken(cell: str, group: str) -> str:
    """A formula for the words of a number under 1000 with its group, such as `dua ratus juta `; empty for 0."""
    hundreds = f'IF({cell}<100,"",IF({cell}<200,"seratus ",CHOOSE(INT({cell}/100),{_ONES})&" ratus "))'
    rest = f"MOD({cell},100)"
    ones = f'IF(MOD({cell},10)=0,"",CHOOSE(MAX(1,MOD({cell},10)),{_ONES})&" ")'
    tens = (
        f'IF({rest}=0,"",IF({rest}<12,CHOOSE(MAX(1,{rest}),{_TEENS})&" ",IF({rest}<20,'
        f'CHOOSE(MAX(1,{rest}-10),{_ONES})&" belas ",CHOOSE(MAX(1,INT({rest}/10)),{_ONES})&" puluh "&{ones})))'
    )
    spoken = f"{hundreds}&{tens}"
    if group == "ribu":
        return f'IF({cell}=0,"",IF({cell}=1,"seribu ",{spoken}&"ribu "))'
    return f'IF({cell}=0,"",{spoken}&"{group} ")' if group else spoken
