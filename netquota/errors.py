"""The error tree: the class says what the caller can do, the text names field, value and remedy.

Nothing here knows a layer above it; every package may raise and catch these.
"""


class NetquotaError(Exception):
    """Base of every error that netquota raises on purpose."""


class InvalidValue(NetquotaError):
    """A person or a file gave a value we cannot use; show the text beside the field."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field}: {value!r} cannot be used; {remedy}")
        self.field, self.value, self.remedy = field, value, remedy


class NotFound(NetquotaError):
    """No such thing; the key that was asked for is named."""

    def __init__(self, kind: str, key: object, remedy: str = "check the spelling or list what there is") -> None:
        super().__init__(f"{kind} {key!r} does not exist; {remedy}")
        self.kind, self.key, self.remedy = kind, key, remedy


class Conflict(NetquotaError):
    """Somebody else changed it first, or it exists already; reload and try again."""


class Malformed(NetquotaError):
    """A peer sent octets that break the protocol: drop and count, never answer (RFC 2865 §3)."""

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(f"octet {offset}: {problem}")
        self.offset, self.problem = offset, problem


class ConfigurationError(NetquotaError):
    """A setting is missing, unknown or cannot be used; the message names it and the remedy."""


class StorageUnavailable(NetquotaError):
    """The database did not take or give what was asked; nothing was lost, try again."""
