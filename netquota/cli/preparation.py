"""What must be there before anything starts: a key file, and a database of the right schema."""

from __future__ import annotations

from netquota.secrets import Keyring, create_key_file
from netquota.settings import Settings


def prepare(settings: Settings) -> Keyring:
    """Make key and schema where the database is empty; else check both.

    Raises `ConfigurationError` for a key that is missing or of another database, or a schema that is older or newer;
    `StorageUnavailable`.
    """
    from netquota.storage.database import open_database
    from netquota.storage.policy_rows import load_rules
    from netquota.storage.revision import check, current
    from netquota.storage.upgrade import upgrade

    database = open_database(settings.database.url)
    try:
        with database.read() as connection:
            empty = current(connection) is None
        key_file = settings.security.key_file
        if empty and not key_file.exists():
            create_key_file(key_file)
        keyring = Keyring.load(key_file)
        if empty:
            upgrade(database)
        check(database)
        with database.read() as connection:  # else each process would find the wrong key, end and be started again
            load_rules(connection, keyring, settings.city.zone)
    finally:
        database.dispose()
    return keyring
