"""From the books to plans: what netquota.planning computes, of the subjects and days that stand in the database.

It loads numpy: servers import it only where they measure; pages read what was computed (netquota.storage.plan_store).
"""
