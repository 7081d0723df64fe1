"""The key file and what it opens: secrets at rest, signed tokens, keyed digests. No message of ours holds a secret.

The file holds Fernet keys, one a line, the newest first: it encrypts and signs, all of them decrypt and verify.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from netquota.errors import ConfigurationError, InvalidValue

SIGNATURE_OCTETS = 16
_CREDENTIALS = Path("/run/credentials")


def create_key_file(path: Path) -> None:
    """Write a first key, readable by its owner alone. Raises `ConfigurationError` where one exists or none can be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"security.key_file {path} exists already; it is never written over") from None
    except OSError as error:
        raise ConfigurationError(
            f"security.key_file {path} cannot be written: {error.strerror}; {_ELSEWHERE}"
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def add_key(path: Path) -> None:
    """Put a new key before the present ones; what is stored is re-encrypted with it as it is written next."""
    present = _read(path)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    create_key_file(fresh)
    with fresh.open("ab") as file:
        file.write(present)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class Keyring:
    """Encrypts, signs and digests under the keys of one file, which is looked at again where it matters.

    Before something is sealed or signed, and where no key opens what another process sealed: so a key that was added is
    in use without a restart.
    """

    __slots__ = ("_digest_key", "_fernet", "_keys", "_path", "_seen")

    def __init__(self, keys: list[bytes], path: Path | None = None) -> None:
        """`keys`: Fernet keys (32 octets in URL-safe base64), the newest first; `path`: the file that they stand in."""
        self._path, self._seen = path, _mark_of(path)
        self._digest_key = os.urandom(32)
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._keys: list[bytes] = [base64.urlsafe_b64decode(key) for key in keys]

    @classmethod
    def load(cls, path: Path) -> Keyring:
        """The keys of a file. Raises `ConfigurationError` where it is missing, readable by others or no key file."""
        try:
            return cls(_keys_in(path), path)
        except (ValueError, binascii.Error):
            raise ConfigurationError(
                f"security.key_file {path} holds no keys (one Fernet key a line); restore it from its own backup"
            ) from None

    def encrypt(self, plain: bytes) -> bytes:
        """Sealed octets to store; different each time."""
        self._looked_again()
        return self._fernet.encrypt(plain)

    def decrypt(self, token: bytes) -> bytes:
        """What was encrypted under any of the keys. Raises `ConfigurationError` where none of them fits."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            if self._looked_again():
                return self.decrypt(token)
            raise ConfigurationError(
                "a stored secret does not open: security.key_file is not the key of this database; "
                "put the right key file in place, or enter the secret anew"
            ) from None

    def encrypt_text(self, plain: str) -> bytes:
        """`encrypt` for text."""
        return self.encrypt(plain.encode())

    def decrypt_text(self, token: bytes) -> str:
        """`decrypt` for text."""
        return self.decrypt(token).decode()

    def rotate(self, token: bytes) -> bytes:
        """The same secret, token under the newest key."""
        return self.encrypt(self.decrypt(token))

    def digest(self, *parts: bytes) -> bytes:
        """A keyed digest for comparing in memory, such as a password known to be right.

        Its key lives and dies with this object, so a digest means nothing elsewhere or later. The parts' lengths count.
        """
        mac = hashlib.blake2b(key=self._digest_key, digest_size=32)
        for part in parts:
            mac.update(len(part).to_bytes(4, "big"))
            mac.update(part)
        return mac.digest()

    def derived_key(self, purpose: str) -> bytes:
        """32 octets for one purpose, the same in every process under this key file; changes when a key is added."""
        return _derived(self._keys[0], purpose)

    def derived_keys(self, purpose: str) -> list[bytes]:
        """`derived_key` of each key, also of those that were added to the file since it was read."""
        self._looked_again()
        return [_derived(key, purpose) for key in self._keys]

    def sign(self, purpose: str, payload: bytes) -> bytes:
        """`payload` and 16 octets that show it is ours; it is not hidden. A token of one purpose is none of another."""
        self._looked_again()
        return payload + _signature(self._keys[0], purpose, payload)

    def verify(self, purpose: str, token: bytes) -> bytes:
        """The payload of a token signed under any of the keys. Raises `InvalidValue` where it is not ours."""
        payload, signature = token[:-SIGNATURE_OCTETS], token[-SIGNATURE_OCTETS:]
        good = [hmac.compare_digest(signature, _signature(key, purpose, payload)) for key in self._keys]
        if not any(good):
            if self._looked_again():
                return self.verify(purpose, token)
            raise InvalidValue(purpose, "token", "it was not made here or has been altered; begin again")
        return payload

    def _looked_again(self) -> bool:
        """Whether the file holds other keys than it did; then these are the keys."""
        mark = _mark_of(self._path)
        if self._path is None or mark is None or mark == self._seen:
            return False
        self._seen = mark
        try:
            keys = _keys_in(self._path)
            fernets = [Fernet(key) for key in keys]
        except (ConfigurationError, ValueError, binascii.Error):
            return False  # half written, or taken away: what is known goes on
        found = [base64.urlsafe_b64decode(key) for key in keys]
        if not found or found == self._keys:
            return False
        self._keys, self._fernet = found, MultiFernet(fernets)
        return True


def _mark_of(path: Path | None) -> tuple[int, int, int] | None:
    """What tells one state of a file from another."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _keys_in(path: Path) -> list[bytes]:
    return [line.strip() for line in _read(path).splitlines() if line.strip()]


_ELSEWHERE = "set security.key_file to a place that netquota may use"


def _derived(key: bytes, purpose: str) -> bytes:
    return hashlib.blake2b(f"netquota/{purpose}".encode(), key=key, digest_size=32).digest()


def _signature(key: bytes, purpose: str, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, key=_derived(key, purpose), digest_size=SIGNATURE_OCTETS).digest()


def _read(path: Path) -> bytes:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(
            f"security.key_file {path} is missing; restore it from its own backup: "
            "without it the stored secrets cannot be read"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"security.key_file {path} cannot be read: {error.strerror}; {_ELSEWHERE}") from None
    # systemd shows the access list of a credential as group bits (LoadCredential=); the folder keeps others out.
    tolerated = 0o440 if path.is_relative_to(_CREDENTIALS) else 0o600
    if mode & 0o077 & ~tolerated:
        raise ConfigurationError(
            f"security.key_file {path} may be read by others (mode {mode:04o}); run: chmod 600 {path}"
        )
    return content
