"""Is the password right? The quick way from memory, the slow way (argon2, tokens, CHAP, MS-CHAP) off the packet loop.

A verified PAP password is remembered as a keyed digest, bounded and for a time, so that a log-in storm does not cost an
argon2 each. Nothing here keeps, logs or shows a password.
"""

from __future__ import annotations

import hmac
import math
from collections import OrderedDict
from dataclasses import dataclass, replace

from netquota.domain.people import Subscriber
from netquota.passwords import DUMMY_HASH, verify_password
from netquota.secrets import Keyring
from netquota.services import guessing
from netquota.services.directory import DirectoryAway, DirectoryDesk
from netquota.services.guessing import Guess
from netquota.services.in_time import InTime
from netquota.services.tokens import TOKEN_MARK, TokenDesk
from netquota.storage.database import Database
from netquota.storage.snapshot import Credential
from radius.methods import Chap, MsChap, MsChap2, Pap, Proof, mschap
from radius.methods.chap import verify
from radius.methods.mschap import NtSecret

GUESSES_WAIT_S = 1.0
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

    def remember(
        self, employee_id: int, password_hash: str, password: bytes, now_s: float, most_s: float = math.inf
    ) -> None:
        """It was right; good for the memory's lifetime, but no longer than `most_s`."""
        until_s = now_s + min(self._lifetime_s, most_s)
        self._known[employee_id] = _Known(self._digest(employee_id, password), password_hash, until_s)
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
    guess: Guess | None = None
    person: Subscriber | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`right`, and whether it was the account's own password (worth remembering) rather than a token.

    `nt`: what an MS-CHAP answer was checked with, for the proof and the keys that the accept carries. `held_until_s`:
    the account is held off for this source until then (epoch s), so that its password was not looked at.
    """

    right: bool
    by_password: bool = False
    nt: NtSecret | None = None
    held_until_s: int = 0


def is_token(proof: Proof) -> bool:
    """Whether a proof is a one-time token of ours rather than what somebody typed; by CHAP that cannot be told."""
    return isinstance(proof, Pap) and proof.password.startswith(TOKEN_MARK)


class SlowCheck:
    """Checks that cost milliseconds; called from a bounded pool of threads.

    `database`: where it is told who guessed too often lately, at any door; without it nobody is held off here.
    """

    def __init__(
        self,
        keyring: Keyring,
        tokens: TokenDesk,
        database: Database | None = None,
        directory: DirectoryDesk | None = None,
    ) -> None:
        self._keyring = keyring
        self._tokens = tokens
        self._database = database
        self._directory = directory
        self._in_time = InTime(GUESSES_WAIT_S)

    def check(self, claim: Claim, proof: Proof, now_s: int) -> Verdict:
        """Whether the proof is right. The same work is done whether the user exists or not (reliability.md P24).

        Raises `StorageUnavailable` where only a token could be right and the database cannot be asked, or where the
        directory that would know cannot be.
        """
        held_s = 0 if claim.guess is None or is_token(proof) else self._held_until(claim.guess, now_s)
        if held_s > now_s:
            claim = replace(claim, credential=None)  # a token that the portal gave is good all the same
        if isinstance(proof, Pap):
            verdict = Verdict(False) if held_s > now_s else self._pap(claim, proof.password, now_s)
        elif isinstance(proof, Chap):
            verdict = Verdict(self._chap(claim, proof, now_s))
        else:
            verdict = self._mschap(claim, proof, now_s)
        return replace(verdict, held_until_s=held_s) if held_s > now_s and not verdict.right else verdict

    def _held_until(self, guess: Guess, now_s: int) -> int:
        """Until when the guesses of all doors hold it off; what is remembered must do while the database is away.

        Nor may one that stands still hold up the threads that check: nobody would log in any more.
        """
        database = self._database
        if database is None:
            return 0

        def asked() -> int:
            with database.read() as connection:
                return guessing.held_until(connection, guess, now_s)

        return self._in_time.ask(asked) or 0

    def _pap(self, claim: Claim, password: bytes, now_s: int) -> Verdict:
        if password.startswith(TOKEN_MARK):
            return Verdict(self._tokens.accepts(claim.employee_id or _NOBODY, password, claim.mac, claim.nas_id, now_s))
        if claim.credential is not None and claim.credential.directory:
            return Verdict(self._in_directory(claim, password, now_s), by_password=True)
        stored = claim.credential.password_hash if claim.credential is not None else None
        right = verify_password(stored or DUMMY_HASH, password)
        if stored is None:
            return Verdict(self._has_nt_hash(claim, password))
        return Verdict(right, by_password=True)

    def _in_directory(self, claim: Claim, password: bytes, now_s: int) -> bool:
        """Ask the directory. Raises `DirectoryAway`."""
        if self._directory is None or claim.person is None:
            raise DirectoryAway("no directory is set; see directory.url")
        try:
            typed = password.decode()
        except UnicodeDecodeError:
            return False
        return self._directory.is_right(claim.person, typed, now_s)

    def _has_nt_hash(self, claim: Claim, password: bytes) -> bool:
        """Whether it is the password of an account of which another directory gave the NT hash alone."""
        encrypted = claim.credential.nt_hash_encrypted if claim.credential is not None else None
        if encrypted is None:
            return False
        given = mschap.nt_hash(password.decode("utf-8", "replace"))
        return hmac.compare_digest(given, self._keyring.decrypt(encrypted))

    def _chap(self, claim: Claim, proof: Chap, now_s: int) -> bool:
        encrypted = claim.credential.password_encrypted if claim.credential is not None else None
        if encrypted is not None and verify(proof, self._keyring.decrypt(encrypted)):
            return True
        tokens = self._tokens.of(claim.employee_id or _NOBODY, claim.mac, claim.nas_id, now_s)
        return any(verify(proof, token) for token in tokens)

    def _mschap(self, claim: Claim, proof: MsChap | MsChap2, now_s: int) -> Verdict:
        own = self._nt_secret(claim.credential)
        if own is not None and mschap.verify(proof, own):
            return Verdict(True, nt=own)
        for token in self._tokens.of(claim.employee_id or _NOBODY, claim.mac, claim.nas_id, now_s):
            secret = mschap.secret_of(token.decode())
            if mschap.verify(proof, secret):
                return Verdict(True, nt=secret)
        return Verdict(False)

    def _nt_secret(self, credential: Credential | None) -> NtSecret | None:
        """From the text where that is kept (as for CHAP), else the hash alone; None: no MS-CHAP for this account."""
        if credential is None:
            return None
        if credential.password_encrypted is not None:
            return mschap.secret_of(self._keyring.decrypt_text(credential.password_encrypted))
        sealed = credential.nt_hash_encrypted
        return None if sealed is None else NtSecret(self._keyring.decrypt(sealed))
