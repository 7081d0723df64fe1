"""Addresses of static files that carry a digest of the content, so that browsers may keep them for ever."""

from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request, url_for

_YEAR_S = 31_536_000


class Digests:
    """Digest per file below `folder`, computed once per size and time of change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[int, int, str]] = {}

    def of(self, name: str) -> str | None:
        """Ten hexadecimal digits for the file `name`, or None when it does not exist."""
        try:
            facts = (self._folder / name).stat()
        except OSError:
            return None
        known = self._known.get(name)
        if known is None or known[:2] != (facts.st_size, facts.st_mtime_ns):
            digest = sha256((self._folder / name).read_bytes()).hexdigest()[:10]
            known = self._known[name] = (facts.st_size, facts.st_mtime_ns, digest)
        return known[2]


def install(app: Flask) -> None:
    """Give templates `static_url(name)` and mark what it names as immutable."""
    digests = Digests(Path(app.static_folder or ""))

    def static_url(name: str) -> str:
        digest = digests.of(name)
        return url_for("static", filename=name, v=digest) if digest else url_for("static", filename=name)

    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            named = (request.view_args or {}).get("filename", "")
            asked = request.args.get("v")
            response.cache_control.clear()
            response.cache_control.public = True
            if asked is not None and asked == digests.of(named):
                response.cache_control.max_age = _YEAR_S
                response.cache_control.immutable = True
            else:
                response.cache_control.max_age = 300
        return response

    app.add_template_global(static_url)
    app.after_request(keep)
