"""Ready-made configuration for every family of gateway, from templates that are data (deploy/routeros and its like).

`facts` are what a configuration says, `gathering` takes them from policy and settings, `rendering` is pure.
"""

from netquota.services.gateway_config.dialects import DIALECTS, Dialect, dialect_of
from netquota.services.gateway_config.facts import MASK, ConfigFacts, ConfigOptions, Note, Queues, Shown, SiteQueue
from netquota.services.gateway_config.gathering import always_reachable, gather
from netquota.services.gateway_config.notes import note_text
from netquota.services.gateway_config.rendering import ConfigFile, Part, configuration, part_of

__all__ = [
    "DIALECTS",
    "MASK",
    "ConfigFacts",
    "ConfigFile",
    "ConfigOptions",
    "Dialect",
    "Note",
    "Part",
    "Queues",
    "Shown",
    "SiteQueue",
    "always_reachable",
    "configuration",
    "dialect_of",
    "gather",
    "note_text",
    "part_of",
]
