"""`netquota doctor --nas` and the gateway's page: from what has arrived, which line is missing on the gateway.

Evidence is read once (storage.gateway_evidence), the checks are pure, the lines to enter come from the generator.
"""

from netquota.services.gateway_doctor.checklist import Check, State, Step, is_complete
from netquota.services.gateway_doctor.examining import Surgery, examine, examine_named, watch
from netquota.services.gateway_doctor.findings import Finding, Level, What
from netquota.services.gateway_doctor.words import remedy, told

__all__ = [
    "Check",
    "Finding",
    "Level",
    "State",
    "Step",
    "Surgery",
    "What",
    "examine",
    "examine_named",
    "is_complete",
    "remedy",
    "told",
    "watch",
]
