"""MS-CHAP and MS-CHAPv2: a DES answer to a challenge under the MD4 hash of the password (RFC 2433, RFC 2759).

Octets in, octets out. Whoever has the NT hash can log in as its owner: it is as secret as the password itself.
"""

import hmac
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final

from Crypto.Cipher import DES
from Crypto.Hash import MD4

RESPONSE_OCTETS: Final = 24
HASH_OCTETS: Final = 16
_SIGNING: Final = b"Magic server to client signing constant"
_ITERATION: Final = b"Pad to make it do more than one iteration"
_LM_TEXT: Final = b"KGS!@#$%"
_LM_OCTETS: Final = 14
_LM_CHARSET: Final = "latin-1"  # stands for the OEM code page, which no packet names


@dataclass(frozen=True, slots=True)
class MsChap:
    """What somebody answered to an 8-octet challenge (RFC 2433); the LM answer beside it is never looked at."""

    ident: int
    response: bytes
    challenge: bytes


@dataclass(frozen=True, slots=True)
class MsChap2:
    """What somebody answered to both 16-octet challenges (RFC 2759 §4); `name` is User-Name without its domain."""

    ident: int
    response: bytes
    challenge: bytes
    peer_challenge: bytes
    name: bytes


@dataclass(frozen=True, slots=True)
class NtSecret:
    """What an MS-CHAP answer is computed with; the LM hash (for MS-CHAP-MPPE-Keys alone) where the text is known."""

    nt_hash: bytes = field(repr=False)
    lm_hash: bytes | None = field(default=None, repr=False)

    @property
    def hash_hash(self) -> bytes:
        """MD4 of the NT hash, from which session keys are made (RFC 2548 §2.4.1, RFC 3079 §3.4)."""
        return _md4(self.nt_hash)


def secret_of(password: str) -> NtSecret:
    """Both hashes of a password in clear (RFC 2433 appendix A)."""
    return NtSecret(nt_hash(password), lm_hash(password))


def nt_hash(password: str) -> bytes:
    """MD4 over the password in UTF-16LE (RFC 2759 §8.3)."""
    return _md4(password.encode("utf-16-le"))


def lm_hash(password: str) -> bytes | None:
    """LmPasswordHash (RFC 2433 appendix A.2) of the first 14 octets; None where the old charset has no such letter."""
    try:
        key = password.upper().encode(_LM_CHARSET)[:_LM_OCTETS].ljust(_LM_OCTETS, b"\0")
    except UnicodeEncodeError:
        return None
    return _encrypted(key[:7], _LM_TEXT) + _encrypted(key[7:], _LM_TEXT)


def respond(challenge: bytes, password_hash: bytes) -> bytes:
    """ChallengeResponse: 24 octets over an 8-octet challenge (RFC 2759 §8.5)."""
    keys = password_hash.ljust(21, b"\0")
    return b"".join(_encrypted(keys[at : at + 7], challenge) for at in (0, 7, 14))


def challenge_hash(peer_challenge: bytes, challenge: bytes, name: bytes) -> bytes:
    """The 8 octets that MS-CHAPv2 answers: both challenges and the bare user name (RFC 2759 §8.2)."""
    return _sha1(peer_challenge, challenge, name)[:8]


def bare_name(user_name: bytes) -> bytes:
    r"""User-Name as it goes into the hash: without `DOMAIN\`, its case and realm as sent (RFC 2759 §4)."""
    return user_name.rpartition(b"\\")[2]


def domain_of(user_name: bytes) -> bytes:
    r"""The `DOMAIN` of `DOMAIN\user`; empty where there is none."""
    return user_name.rpartition(b"\\")[0]


def verify(offered: MsChap | MsChap2, secret: NtSecret) -> bool:
    """Whether the answer was made with this password; constant time in the comparison."""
    return hmac.compare_digest(respond(_answered(offered), secret.nt_hash), offered.response)


def _answered(offered: MsChap | MsChap2) -> bytes:
    if isinstance(offered, MsChap):
        return offered.challenge
    return challenge_hash(offered.peer_challenge, offered.challenge, offered.name)


def authenticator_response(offered: MsChap2, secret: NtSecret) -> str:
    """`S=` and 40 hex digits: the server's own proof that it knows the password (RFC 2759 §8.7)."""
    digest = _sha1(secret.hash_hash, offered.response, _SIGNING)
    return "S=" + _sha1(digest, _answered(offered), _ITERATION).hex().upper()


def des_key(seven: bytes) -> bytes:
    """56 bits as a DES key of 8 octets with odd parity (RFC 2759 §8.6)."""
    bits = int.from_bytes(seven)
    return bytes(_odd(bits >> shift & 0x7F) for shift in range(49, -1, -7))


def _odd(seven_bits: int) -> int:
    return seven_bits << 1 | (seven_bits.bit_count() + 1) % 2


def _encrypted(seven: bytes, block: bytes) -> bytes:
    return DES.new(des_key(seven), DES.MODE_ECB).encrypt(block)  # noqa: S304 (the protocol's cipher)


def _md4(octets: bytes) -> bytes:
    return MD4.new(octets).digest()  # noqa: S303 (the protocol's hash)


def _sha1(*parts: bytes) -> bytes:
    return sha1(b"".join(parts), usedforsecurity=False).digest()
