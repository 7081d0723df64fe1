"""netquota's reference gateway: a Linux hotspot from kernel parts, nftables and tc HTB, that speaks RADIUS.

Decisions are sans-IO (gateway.py and what it uses); sockets are daemon.py's, page.py's and control.py's alone.
"""
