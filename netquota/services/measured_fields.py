"""Fields that say where sites and links are measured, and how a gateway is asked by SNMP (part of catalogue.py)."""

from __future__ import annotations

from netquota.domain.interfaces import Faces
from netquota.services import fields as write
from netquota.services.kinds import Field
from netquota.services.kinds import line_field as _line
from netquota.services.kinds import one_field as _one

VERSIONS = ("off", "2c", "3")
AUTH = ("none", "md5", "sha", "sha256", "sha512")
PRIVACY = ("none", "des", "aes", "aes256")

SNMP = (
    _one("snmp", "snmp", write.choice(VERSIONS), "Read its interfaces by SNMP: off, 2c or 3", "off"),
    _one("snmp_address", "snmp_address", write.ADDRESS, "Where SNMP asks; empty: its address"),
    _one("snmp_port", "snmp_port", write.number(1, 65535), "UDP port of SNMP; empty: 161"),
    Field("snmp_community", ("snmp_community_encrypted",), write.SECRET, "Community that may read (2c)"),
    _line("snmp_user", 64, "Name of the user (3)"),
    _one("snmp_auth", "snmp_auth", write.choice(AUTH), f"Proof of who asks (3): {', '.join(AUTH)}", "sha"),
    Field("snmp_auth_password", ("snmp_auth_password_encrypted",), write.SNMP_KEY, "Password for the proof (3)"),
    _one("snmp_privacy", "snmp_privacy", write.choice(PRIVACY), f"Encryption (3): {', '.join(PRIVACY)}", "aes"),
    Field("snmp_privacy_password", ("snmp_privacy_password_encrypted",), write.SNMP_KEY, "Password for encryption (3)"),
)


def interface_of(faces: str) -> tuple[Field, Field]:
    """Which interface of the gateway measures the thing, and to which side that looks by default."""
    return (
        _line("interface", 63, "Interface of the gateway that measures it, by its name, such as ether1"),
        _one(
            "interface_faces",
            "interface_faces",
            write.choice(Faces),
            "To which side the interface looks: provider or users",
            faces,
        ),
    )
