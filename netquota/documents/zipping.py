"""Zip containers (DOCX, XLSX) with sorted parts and fixed times, so that equal contents are equal bytes."""

from __future__ import annotations

import io
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FIRST = "[Content_Types].xml"


def repacked(content: bytes, without: frozenset[str] = frozenset()) -> bytes:
    """The same container in canonical form; parts named in `without` are left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, True, 6) as to:
        for name in sorted(set(source.namelist()) - without, key=lambda each: (each != _FIRST, each)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            to.writestr(entry, source.read(name))
    return out.getvalue()
