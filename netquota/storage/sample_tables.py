"""Tables of what is measured and summed beside the hot samples: roll-ups, up-times, ceilings, interfaces, reachability.

Instants are epoch seconds (`*_s`, UTC), volumes octets, rates bit/s; `kind` is one of domain.samples.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, SmallInteger, String, Table, false

from netquota.storage.columns import Key, big, ident, metadata, rate

# A table reads best with its name in one line and each column in one.
# fmt: off

usage_hour = Table(  # sums of the samples, made again while these are there; alone once they are forgotten (closed)
    "usage_hour", metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),
    Column("hour_s", BigInteger, primary_key=True),
    big("down"),
    big("up"),
    Column("counted", SmallInteger, nullable=False),  # twelve bits: which of its bins had a sample
    Column("coarse", SmallInteger, nullable=False),  # which of these are coarse
    Column("closed", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)
usage_day = Table(  # sums of the hours that begin on a local day
    "usage_day", metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),
    Column("day_s", BigInteger, primary_key=True),  # when the day began
    big("down"),
    big("up"),
    Column("counted", Integer, nullable=False),  # bins
    Column("coarse", Integer, nullable=False),
    sqlite_with_rowid=False,
)
usage_measure = Table(  # what a span's samples come to, so that pages need not read them
    "usage_measure", metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),
    Column("span", String(7), primary_key=True),  # 30d, or a local month: 2026-11
    Column("source", SmallInteger, primary_key=True),  # kind of the samples: sessions' or the interface's
    big("p95_down_bps", nullable=True),
    big("p95_up_bps", nullable=True),
    big("down"),  # octets
    big("up"),
    Column("valid", Integer, nullable=False),  # bins
    Column("coarse", Integer, nullable=False),
    Column("expected", Integer, nullable=False),
    big("made_s"),
    sqlite_with_rowid=False,
)
coarse_bin = Table(  # bins with octets of a report over so long a time that they say little of each
    "coarse_bin", metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),
    Column("bin_s", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
late_sample = Table(  # hours to which a report added when they may have been summed already
    "late_sample", metadata, ident(),
    Column("kind", SmallInteger, nullable=False),
    big("subject_id"),
    big("hour_s"),
    sqlite_autoincrement=True,  # a number once read is never given again
)
gateway_uptime = Table(  # when a gateway gave signs of life without a pause of three interim intervals
    "gateway_uptime", metadata,
    Column("gateway_id", BigInteger, primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    big("to_s"),
    sqlite_with_rowid=False,
)
ceiling_history = Table(  # what was the most from a moment on; null = no ceiling
    "ceiling_history", metadata,
    Column("kind", SmallInteger, primary_key=True),  # 2 site, 3 link, 6 OPD
    Column("subject_id", BigInteger, primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    *rate("ceiling"),
    sqlite_with_rowid=False,
)
interface_reading = Table(  # the last reading of the interface of a site or a link
    "interface_reading", metadata,
    Column("kind", SmallInteger, primary_key=True),  # 4 site's, 5 link's
    Column("subject_id", BigInteger, primary_key=True),
    Column("interface", String(63), nullable=False),
    big("nas_id"),
    Column("if_index", Integer),
    big("at_s", nullable=True),  # null = never
    big("up_ticks", nullable=True),  # of the gateway, 1/100 s
    Column("input", String(20), nullable=False, server_default="0"),  # counters of 64 bits, unsigned
    Column("output", String(20), nullable=False, server_default="0"),
    Column("bits", SmallInteger, nullable=False, server_default="64"),
    big("speed_bps", nullable=True),
    big("now_down_bps", nullable=True),
    big("now_up_bps", nullable=True),
    big("total_down", 0),  # counted since the interface was named
    big("total_up", 0),
    Column("by", String(8), nullable=False, server_default=""),  # snmp | push
    Column("gateway", String(253), nullable=False, server_default=""),  # which of the client's reported it
    Column("problem", String(200), nullable=False, server_default=""),
    big("problem_s", nullable=True),
    sqlite_with_rowid=False,
)
address_reading = Table(  # the last reading of an application's host at a gateway
    "address_reading", metadata,
    Column("application_id", Key, ForeignKey("application.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String(253), primary_key=True),
    Column("nas_id", Key, ForeignKey("nas.id", ondelete="CASCADE"), primary_key=True),
    Column("gateway", String(253), primary_key=True),  # which of the client's reported it, as it named itself
    big("at_s"),
    big("up_ticks", nullable=True),  # of the gateway, 1/100 s
    Column("down", String(20), nullable=False),  # counters of 64 bits, unsigned: from the host to the users
    Column("up", String(20), nullable=False),
    sqlite_with_rowid=False,
)
reach_sample = Table(  # whether what is at a link's other end answers
    "reach_sample", metadata,
    Column("link_id", BigInteger, primary_key=True),
    Column("bin_s", BigInteger, primary_key=True),
    Column("by", String(8), primary_key=True),  # server | gateway
    Column("sent", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    big("round_trip_us", nullable=True),  # mean of what was answered
    big("longest_us", nullable=True),
    sqlite_with_rowid=False,
)
