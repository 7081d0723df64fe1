"""TLS as the office runs it: Debian's nginx with the shipped configuration, a certificate of a test CA, us behind."""

from __future__ import annotations

import http.client
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet
from waitress.server import create_server

from netquota.clock import SystemClock
from netquota.ports import free_port
from netquota.resources import data_file
from netquota.secrets import Keyring
from netquota.storage.database import open_database
from tests.hotspot_city import MIKROTIK
from tests.live.certificates import certified
from tests.live.phone import NamedHTTPS, Phone
from tests.live.workers import settings_for, until
from tests.web_city import PASSWORD, WebCity
from web.app import create_app
from web.server import options

pytestmark = pytest.mark.needs("nginx-light")
NAME = "netquota.kota.go.id"
GATEWAY = "http://10.5.50.1/login"


@dataclass
class Site:
    """nginx's two ports, and what a browser trusts."""

    port: int
    plain_port: int
    trusted: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def phone(self) -> Phone:
        return Phone({NAME: "127.0.0.1"}, self.trusted)

    def ask(self, method: str, path: str, body: str = "", cookies: str = "") -> http.client.HTTPResponse:
        """One request by TLS, no redirect followed; nginx is asked by its name."""
        connection = NamedHTTPS(NAME, self.port, 15, self.trusted, "127.0.0.1")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
        connection.request(method, path, body or None, {name: value for name, value in headers.items() if value})
        return connection.getresponse()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("tls")
    (folder / "netquota.sqlite").write_bytes(sqlite_template.read_bytes())
    port, plain_port, behind = free_port(), free_port(), free_port()
    certificate = certified(folder, NAME)
    database = open_database(f"sqlite:///{folder}/netquota.sqlite")
    settings = settings_for(
        database.url, folder, web__port=behind, web__public_url=f"https://{NAME}:{port}",
        web__trusted_proxy="127.0.0.1", web__secure_cookies=True,
    )  # fmt: skip
    keyring = Keyring([Fernet.generate_key()])
    app = create_app(settings, database=database, keyring=keyring)
    people(WebCity(app, database, keyring, SystemClock()))  # type: ignore[arg-type]
    server = create_server(app, **options(settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    made = Site(port, plain_port, certificate.trusted)
    nginx = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", str(folder), "-c", str(configuration(folder, made, behind))], stderr=subprocess.PIPE
    )
    try:
        until(lambda: _is_up(made, nginx), "nginx answers", 20, 0.05)
        yield made
    finally:
        nginx.terminate()
        nginx.wait(10)
        server.close()
        database.dispose()


def people(city: WebCity) -> None:
    city.add("plan", key="staf", name="Staf", rate="10M/5M")
    city.add("opd", code="DISDIK", name="Dinas Pendidikan", plan="staf")
    city.add("nas", name="gw-disdik-1", address="10.5.50.1", family="mikrotik")
    city.add("employee", username="siti", name="Siti Aminah", opd="DISDIK", password=PASSWORD)
    city.add_admin("rina")


def configuration(folder: Path, site: Site, behind: int) -> Path:
    """The shipped site, with this test's name, ports and certificate, in the smallest frame that nginx takes."""
    text = data_file("deploy/nginx/netquota.conf").read_text(encoding="utf-8")
    text = re.sub(r"netquota\.example\.go\.id", NAME, text)
    text = re.sub(r"(ssl_certificate )[^;]+", rf"\g<1>{folder}/chain.pem", text)
    text = re.sub(r"(ssl_certificate_key )[^;]+", rf"\g<1>{folder}/key.pem", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{site.plain_port};")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{site.port} ssl")
    text = re.sub(r"\s+listen \[::\][^;]*;", "", text).replace("127.0.0.1:8080", f"127.0.0.1:{behind}")
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in places)
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{ worker_connections 256; }}\nhttp {{ access_log off; {temporary}\n{text}\n}}\n"
    )
    return path


def _is_up(site: Site, nginx: subprocess.Popen[bytes]) -> bool:
    assert nginx.poll() is None, nginx.stderr.read() if nginx.stderr else ""
    try:
        return site.ask("GET", "/livez").status == 200
    except OSError:
        return False


def cookies_of(answer: http.client.HTTPResponse) -> dict[str, Morsel[str]]:
    found: dict[str, Morsel[str]] = {}
    for line in answer.headers.get_all("Set-Cookie") or []:
        found |= SimpleCookie(line)
    return found


def test_the_portal_logs_in_by_tls_and_keeps_no_cookie(site: Site) -> None:
    phone = site.phone()
    form = phone.open(f"{site.url}/portal/login?{urlencode(MIKROTIK | {'link-login-only': GATEWAY})}")
    assert "Masuk ke internet kantor" in form.words
    answer = site.ask("POST", "/portal/login", urlencode(_typed(form.text)))
    page = answer.read().decode()
    assert f"{GATEWAY}?username=siti&amp;password=nqt-" in page
    assert answer.headers["Strict-Transport-Security"]
    assert cookies_of(answer) == {}
    assert PASSWORD not in page


def _typed(page: str) -> dict[str, str]:
    kept = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(kept) | {"username": "siti", "password": PASSWORD}


def test_plain_http_is_led_to_tls(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.plain_port, timeout=15)
    connection.request("GET", "/portal/login?mac=1", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/portal/login?mac=1")


def test_the_admins_cookies_are_bound_to_host_and_tls(site: Site) -> None:
    asked = site.ask("GET", "/login")
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked.read().decode())
    assert token is not None
    held = {name: morsel.value for name, morsel in cookies_of(asked).items()}
    body = urlencode({"csrf_token": token.group(1), "username": "rina", "password": PASSWORD})
    signed = site.ask("POST", "/login", body, "; ".join(f"{name}={value}" for name, value in held.items()))
    assert signed.status == 302
    cookies = cookies_of(signed)
    mine = cookies["__Host-netquota"]
    assert mine["secure"]
    assert mine["httponly"]
    assert (mine["path"], mine["domain"], mine["samesite"]) == ("/", "", "Lax")
    assert all(morsel["secure"] for morsel in cookies.values())
    account = site.ask("GET", "/account", cookies=f"__Host-netquota={mine.value}")
    assert account.status == 200
    assert site.ask("GET", "/account", cookies=f"netquota={mine.value}").status == 302  # not by the name without TLS


def test_who_is_behind_the_proxy_is_known_by_its_word_alone(site: Site) -> None:
    """A header that a client makes up is replaced by nginx: a log-in from afar never seems to be this machine."""
    connection = NamedHTTPS(NAME, site.port, 15, site.trusted, "127.0.0.1")
    connection.request("GET", "/capport/v1", headers={"X-Forwarded-For": "10.5.50.7", "X-Forwarded-Proto": "http"})
    assert connection.getresponse().status == 404  # as for loopback, not for 10.5.50.7, which would be captive


def test_a_stranger_to_the_authority_refuses_the_page(site: Site) -> None:
    strangers = Phone({NAME: "127.0.0.1"}, ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        strangers.open(f"{site.url}/portal/login")
