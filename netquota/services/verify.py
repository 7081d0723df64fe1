"""Is the password right? The quick way from memory, the slow way (argon2, tokens, CHAP) off the packet loop.

A verified PAP password is remembered as a keyed digest, bounded and for a time, so that a log-in storm does not cost an
argon2 each. Nothing here keeps, logs or shows a password.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass

from netquota.passwords import DUMMY_HASH, verify_password
from netquota.secrets import Keyring
from netquota.services.tokens import TOKEN_MARK, TokenDesk
from netquota.storage.snapshot import Credential
from radius.methods import Chap, Pap
from radius.methods.chap import verify

_NOBODY = 0  # no row's id: a stranger costs the look-up that anybody else does


@dataclass(slots=True)
class _Known:
    digest: bytes
    password_hash: str
    until_s: float


class PasswordMemory:
    """Keyed digests of passwords known to be right, by employee; least recently used goes first."""

    def __init__(self, keyring: Keyring, entries: int, lifetime_s: float) -> None:
        self._keyring = keyring
        self._entries = entries
        self._lifetime_s = lifetime_s
        self._known: OrderedDict[int, _Known] = OrderedDict()

    def knows(self, employee_id: int, password_hash: str | None, password: bytes, now_s: float) -> bool:
        """Whether exactly this password was verified lately, and has not been changed since."""
        known = self._known.get(employee_id)
        if known is None or known.until_s <= now_s or known.password_hash != password_hash:
            return False
        self._known.move_to_end(employee_id)
        return hmac.compare_digest(known.digest, self._digest(employee_id, password))

    def _digest(self, employee_id: int, password: bytes) -> bytes:
        return self._keyring.digest(employee_id.to_bytes(8, "big") + password)

    def remember(self, employee_id: int, password_hash: str, password: bytes, now_s: float) -> None:
        """It was right."""
        self._known[employee_id] = _Known(self._digest(employee_id, password), password_hash, now_s + self._lifetime_s)
        self._known.move_to_end(employee_id)
        if len(self._known) > self._entries:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody who says who he is: the employee found (None: no such user) and where he asks from."""

    employee_id: int | None
    credential: Credential | None
    mac: str
    nas_id: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`right`, and whether it was the account's own password (worth remembering) rather than a token."""

    right: bool
    by_password: bool = False


class SlowCheck:
    """Checks that cost milliseconds; called from a bounded pool of threads."""

    def __init__(self, keyring: Keyring, tokens: TokenDesk) -> None:
        self._keyring = keyring
        self._tokens = tokens

    def check(self, claim: Claim, proof: Pap | Chap, now_s: int) -> Verdict:
        """Whether the proof is right. The same work is done whether the user exists or not (reliability.md P24).

        Raises `StorageUnavailable` where only a token could be right and the database cannot be asked.
        """
        if isinstance(proof, Pap):
            return self._pap(claim, proof.password, now_s)
        return Verdict(self._chap(claim, proof, now_s))

    def _pap(self, claim: Claim, password: bytes, now_s: int) -> Verdict:
        if password.startswith(TOKEN_MARK):
            return Verdict(self._tokens.accepts(claim.employee_id or _NOBODY, password, claim.mac, claim.nas_id, now_s))
        stored = claim.credential.password_hash if claim.credential is not None else None
        right = verify_password(stored or DUMMY_HASH, password)
        return Verdict(right and stored is not None, by_password=True)

    def _chap(self, claim: Claim, proof: Chap, now_s: int) -> bool:
        encrypted = claim.credential.password_encrypted if claim.credential is not None else None
        if encrypted is not None and verify(proof, self._keyring.decrypt(encrypted)):
            return True
        tokens = self._tokens.of(claim.employee_id or _NOBODY, claim.mac, claim.nas_id, now_s)
        return any(verify(proof, token) for token in tokens)
