"""How a database got from one schema to the next; run by netquota.storage.upgrade, without an alembic.ini."""
