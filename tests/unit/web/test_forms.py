"""Form rows: label, hint and error tied to their field; every posted form carries its token."""

import re

from flask import Flask, render_template_string
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired

ROWS = """
{%- from "macros/forms.html" import field, field_with_unit, check, error_summary -%}
{{ error_summary(form) }}{{ field(form.name, hint="Seperti di kartu pegawai", autocomplete="name") }}
{{ field_with_unit(form.rate, form.unit, old="60 Mbit/s") }}{{ check(form.active) }}
"""


class Example(FlaskForm):
    class Meta:
        csrf = False

    name = StringField("Nama", [InputRequired("Isi nama pegawai.")])
    rate = StringField("Batas unduh")
    unit = SelectField("Satuan", choices=["Mbit/s", "kbit/s"])
    active = BooleanField("Berlaku sekarang")


def rows(app: Flask, data: dict[str, str]) -> str:
    with app.test_request_context("/", method="POST", data={"unit": "Mbit/s", **data}):
        form = Example()
        form.validate()
        return render_template_string(ROWS, form=form)


def test_an_error_is_tied_to_its_field_and_linked_from_the_summary(app: Flask) -> None:
    html = rows(app, {})
    assert re.search(r'<input[^>]*aria-describedby="name-hint name-error"[^>]*aria-invalid="true"', html)
    assert '<a href="#name">Nama</a>: Isi nama pegawai.' in html
    assert 'id="name-error"' in html


def test_input_is_kept_and_a_right_form_is_quiet(app: Flask) -> None:
    html = rows(app, {"name": 'Dewi "L"', "rate": "80M"})
    assert 'value="Dewi &#34;L&#34;"' in html
    assert 'value="80M"' in html
    assert "aria-invalid" not in html
    assert 'role="alert"' not in html


def test_value_in_force_stands_beside_the_new_one(app: Flask) -> None:
    html = rows(app, {"name": "Dewi"})
    assert "sekarang 60 Mbit/s" in html
    assert 'aria-describedby="rate-old"' in html
    assert '<label class="form-label" for="rate">Batas unduh</label>' in html


def test_posted_forms_and_htmx_get_the_token_where_the_application_guards(app: Flask) -> None:
    CSRFProtect(app)
    with app.test_request_context("/"):
        html = render_template_string("{{ csrf_field() }}{{ csrf_meta() }}")
    tokens = re.findall(r'(?:value|content)="([^"]{20,})"', html)
    assert len(tokens) == 2
    assert tokens[0] == tokens[1]


def test_without_a_guard_there_is_no_token(app: Flask) -> None:
    with app.test_request_context("/"):
        assert render_template_string("{{ csrf_field() }}{{ csrf_meta() }}") == ""


def test_what_must_be_filled_in_is_marked_for_eyes_programs_and_the_browser(app: Flask) -> None:
    html = rows(app, {"name": "Budi"})
    assert re.search(
        r'<label class="form-label" for="name">Nama <span class="must"[^>]*aria-hidden="true">\*</span>', html
    )
    assert re.search(r'<input(?=[^>]*id="name")(?=[^>]* required)(?=[^>]*aria-required="true")', html)
    assert '<label class="form-label" for="rate">Batas unduh</label>' in html
    assert not re.search(r'<input(?=[^>]*id="rate")(?=[^>]*required)', html)
