"""LDAP and Active Directory by ldap3, an extra (`netquota[ldap]`): a bind says whether a password is right.

Over TLS, or to this machine itself; each question has its own connection and is bounded in time. A name is escaped
wherever it stands, and an empty password never asked for: a directory takes it for an anonymous bind and says yes.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast
from urllib.parse import urlsplit

from netquota.domain.directory import Answer
from netquota.errors import ConfigurationError, NetquotaError
from netquota.logging import SparseLog, get_logger
from netquota.settings import Directory as Settings

_SUCCESS: Final = 0
_WRONG: Final = frozenset({32, 34, 48, 49, 53})
"""noSuchObject, invalidDNSyntax, inappropriateAuthentication, invalidCredentials, unwillingToPerform (RFC 4511)."""
_FOUND: Final = frozenset({0, 4})
"""success, sizeLimitExceeded: any other end of a search (busy, no right to look) says nothing about a password."""
_PAGE: Final = 500
_LONGEST_NAME: Final = 253
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
log = get_logger("directory")


class DirectoryTrouble(NetquotaError):
    """The directory does not answer, or not as its settings say; the text names what to look at."""


class LdapDirectory:
    """One directory, by its settings. Raises `ConfigurationError` for an address that may not be used so."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.url)
        if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname:
            raise ConfigurationError(f"directory.url: {settings.url!r} is no address such as ldaps://dc.kota.go.id")
        self._is_tls = parts.scheme == "ldaps"
        self._starts_tls = settings.starttls and not self._is_tls
        if not (self._is_tls or self._starts_tls or settings.plain or parts.hostname in _LOCAL):
            raise ConfigurationError("directory.starttls: passwords would go in clear; use ldaps:// or starttls = true")
        try:
            self._ldap: Any = importlib.import_module("ldap3")
        except ModuleNotFoundError:
            raise ConfigurationError("directory.url: install the extra, too: pip install 'netquota[ldap]'") from None
        if not settings.user_dn and not settings.base_dn:
            raise ConfigurationError("directory.base_dn: say where people are looked for, or give user_dn")
        self._settings, self._host, self._port = settings, parts.hostname, parts.port
        self._sparse = SparseLog(log, 60.0)

    def verify(self, username: str, nip: str, password: str) -> Answer:
        """Bind as this person, found by the filter or named by the pattern."""
        if not password or not username or len(username) > _LONGEST_NAME or not (username + nip).isprintable():
            return Answer.WRONG
        try:
            name = self._name_of(username, nip)
            if name is None:
                return Answer.WRONG
            with self._bound(name, password) as (code, _):
                if code == _SUCCESS:
                    return Answer.RIGHT
                if code in _WRONG:
                    return Answer.WRONG
                raise DirectoryTrouble(f"it answered with code {code}")
        except DirectoryTrouble as error:
            log.warning("the directory cannot be asked", problem=str(error))
            return Answer.AWAY

    def people(self) -> Sequence[Mapping[str, str]]:
        """Everybody whom `people_filter` finds, by field. Raises `DirectoryTrouble`."""
        wanted = self._attributes()
        with self._searching() as connection:
            found = connection.extend.standard.paged_search(
                self._settings.base_dn, self._settings.people_filter, attributes=list(wanted.values()),
                paged_size=_PAGE, generator=True,
            )  # fmt: skip
            entries = [each["attributes"] for each in found if each.get("type") == "searchResEntry"]
        return [{field: _first(each.get(name)) for field, name in wanted.items()} for each in entries]

    def _attributes(self) -> dict[str, str]:
        told = self._settings
        named = {
            "username": told.username_attribute, "nip": told.nip_attribute, "name": told.name_attribute,
            "opd": told.opd_attribute, "mail": told.mail_attribute, "phone": told.phone_attribute,
        }  # fmt: skip
        return {field: name for field, name in named.items() if name}

    def _name_of(self, username: str, nip: str) -> str | None:
        """The name to bind with; None where nobody, or more than one, is found."""
        told = self._settings
        if told.user_dn:
            escape = importlib.import_module("ldap3.utils.dn").escape_rdn if "=" in told.user_dn else str
            name, number = escape(username), escape(nip) if nip else ""
            return told.user_dn.replace("{nip}", number).replace("{username}", name)
        escape = importlib.import_module("ldap3.utils.conv").escape_filter_chars
        wanted = told.user_filter.replace("{nip}", escape(nip)).replace("{username}", escape(username))
        with self._searching() as connection:
            connection.search(told.base_dn, wanted, attributes=[], size_limit=2)
            code = int(connection.result["result"])
            if code not in _FOUND:
                raise DirectoryTrouble(f"directory.base_dn: the search ended with code {code}")
            names = [each["dn"] for each in connection.response or () if each.get("type") == "searchResEntry"]
        return str(names[0]) if len(names) == 1 else None

    @contextmanager
    def _searching(self) -> Generator[Any]:
        with self._bound(self._settings.bind_dn, self._settings.bind_password) as (code, connection):
            if code != _SUCCESS:
                raise DirectoryTrouble(f"directory.bind_dn: it may not log in (code {code}); see bind_password")
            yield connection

    @contextmanager
    def _bound(self, name: str, password: str) -> Generator[tuple[int, Any]]:
        """A connection after its bind, with the bind's code. Raises `DirectoryTrouble`."""
        ldap, told = self._ldap, self._settings
        tls = ldap.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(told.ca_file) if told.ca_file else None)
        server = ldap.Server(
            self._host, port=self._port, use_ssl=self._is_tls, tls=tls, connect_timeout=told.timeout_s,
            get_info=ldap.NONE,
        )  # fmt: skip
        connection = ldap.Connection(
            server, user=name or None, password=password or None,
            authentication=ldap.SIMPLE if name else ldap.ANONYMOUS, receive_timeout=told.timeout_s,
            read_only=True, auto_referrals=False, raise_exceptions=False,
        )  # fmt: skip
        try:
            connection.open()
            if self._starts_tls and not connection.start_tls():
                raise DirectoryTrouble("directory.starttls: it does not speak TLS there; use ldaps://")
            connection.bind()
            yield int(connection.result["result"]), connection
        except (ldap.core.exceptions.LDAPException, OSError) as error:
            raise DirectoryTrouble(f"{self._host}: {error}") from None
        finally:
            self._closed(connection)

    def _closed(self, connection: Any) -> None:
        try:
            connection.unbind()
        except (self._ldap.core.exceptions.LDAPException, OSError) as error:
            log.debug("the directory's connection was gone already", problem=str(error))


def directory_of(settings: Settings) -> LdapDirectory | None:
    """The directory that the settings name; None where they name none. Raises `ConfigurationError`."""
    return LdapDirectory(settings) if settings.url else None


def _first(value: object) -> str:
    """An attribute's only or first value as text."""
    if isinstance(value, (list, tuple)):
        several = cast(Sequence[object], value)
        value = several[0] if several else ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return "" if value is None else " ".join(str(value).split())
