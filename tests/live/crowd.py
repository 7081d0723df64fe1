"""Many running sessions at once, written into the database as if their Starts had come."""

from __future__ import annotations

import time

from sqlalchemy import select

from netquota.storage import schema
from tests.live.city import City, hashed


def crowd(city: City, gateway_ids: list[int], each: int, people: int, rate_bps: int) -> None:
    """Running sessions at the plan's rate, spread over people and gateways."""
    now_s = int(time.time())
    with city.database.write() as connection:
        rows = [
            {
                "username": f"p{number}", "username_key": f"p{number}", "name": f"P {number}", "opd_id": city.opd_id,
                "plan_id": city.plans["staf"], "password_hash": hashed("x"),
            }
            for number in range(people)
        ]  # fmt: skip
        connection.execute(schema.employee.insert(), rows)
        ids = list(connection.execute(select(schema.employee.c.id).order_by(schema.employee.c.id)).scalars())
        running = [
            {
                "gateway_id": gateway_id, "acct_session_id": f"s{number}", "username": f"p{number % people}",
                "mac": f"02:00:00:00:{number // 256:02x}:{number % 256:02x}", "incarnation_s": now_s,
                "employee_id": ids[number % people], "opd_id": city.opd_id, "framed_ip": f"10.{number % 200}.0.9",
                "started_s": now_s, "last_event_s": now_s, "last_arrival_s": now_s, "applied_down_bps": rate_bps,
                "applied_up_bps": rate_bps,
            }
            for number, gateway_id in enumerate(one for one in gateway_ids for _ in range(each))
        ]  # fmt: skip
        connection.execute(schema.accounting_session.insert(), running)
