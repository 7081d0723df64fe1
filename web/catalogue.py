"""The translations as gettext objects, read straight from the `.po` files.

One step fewer to forget: a changed `.po` needs no compiling in a checkout, and a wheel needs no `.mo`.
Source texts are English, so English has no catalogue.
"""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent / "translations"


@cache
def translations(language: str) -> Translations:
    """What `language` says for each source text; unknown languages and English say the source text itself."""
    source = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not source.is_file():
        return Translations()
    with source.open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain="messages")
