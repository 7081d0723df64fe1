"""The icons of netquota: a grid of 16, lines of 1.5, our own drawing.

Data only; `web.rendering` puts on a page the ones that it uses.
"""

ICONS: dict[str, str] = {
    "auto": '<circle cx="8" cy="8" r="5.8"/><path class="solid" d="M8 2.2a5.8 5.8 0 0 1 0 11.6z"/>',
    "check": '<path d="m3 8.5 3.3 3.3L13 4.7"/>',
    "chev": '<path d="m6 3.5 4.5 4.5L6 12.5"/>',
    "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "deny": '<circle cx="8" cy="8" r="6"/><path d="m3.9 3.9 8.2 8.2"/>',
    "doc": '<path d="M3.5 1.8h6l3 3v9.4h-9z"/><path d="M9.5 1.8v3h3M5.7 8h4.6M5.7 10.8h4.6"/>',
    "down": '<path d="M8 2.5v11M3.8 9.3 8 13.5l4.2-4.2"/>',
    "exit": '<path d="M9.5 2.5h-6v11h6M6.5 8h8M11.7 5.2 14.5 8l-2.8 2.8"/>',
    "gauge": '<path d="M2 11.5a6 6 0 1 1 12 0"/><path d="M8 11.5 11 7"/><path d="M2 13.5h12"/>',
    "gear": (
        '<circle cx="8" cy="8" r="2.2"/>'
        '<path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4"/>'
    ),
    "inbox": '<path d="M2 9.5 4 3h8l2 6.5V13H2z"/><path d="M2 9.5h3.5l1 1.7h3l1-1.7H14"/>',
    "info": '<circle cx="8" cy="8" r="6"/><path d="M8 7.3v3.7M8 5v.01"/>',
    "key": '<circle cx="5.2" cy="10.8" r="3"/><path d="m7.4 8.6 6-6M11 5l2 2"/>',
    "laptop": '<path d="M3.5 3.5h9v6.5h-9zM1.5 12.5h13"/>',
    "mail": '<path d="M2 3.5h12v9H2z"/><path d="m2.3 4 5.7 4.6L13.7 4"/>',
    "menu": '<path d="M2.5 4h11M2.5 8h11M2.5 12h11"/>',
    "moon": '<path d="M13.3 9.6A5.6 5.6 0 0 1 6.4 2.7a5.6 5.6 0 1 0 6.9 6.9z"/>',
    "more": (
        '<g class="solid"><circle cx="3" cy="8" r="1.3"/><circle cx="8" cy="8" r="1.3"/>'
        '<circle cx="13" cy="8" r="1.3"/></g>'
    ),
    "off": '<circle cx="8" cy="8" r="5.5" stroke-dasharray="2.2 2"/>',
    "office": (
        '<path d="M3 14V3.5L9 2v12"/><path d="M9 6h4v8"/><path d="M1.5 14h13M5.2 5.5h1.6M5.2 8.2h1.6M5.2 10.9h1.6"/>'
    ),
    "pause": '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
    "people": (
        '<circle cx="6" cy="5.2" r="2.4"/><path d="M1.8 13.5c.3-2.8 1.9-4.2 4.2-4.2s3.9 1.4 4.2 4.2"/>'
        '<path d="M10.5 3.1a2.2 2.2 0 0 1 0 4.2M12 9.7c1.3.6 2 1.9 2.2 3.8"/>'
    ),
    "phone": '<path d="M4.5 1.8h7v12.4h-7zM7.3 12h1.4"/>',
    "plug": '<path d="M6 1.8v3.4M10 1.8v3.4M4 5.2h8v2.5a4 4 0 0 1-8 0zM8 11.7v2.5"/>',
    "pulse": '<path d="M1.5 8.5h3L6.5 3l3 10 2-4.5h3"/>',
    "router": (
        '<path d="M2 9.5h12v4H2z"/>'
        '<path d="M4.5 11.5h.01M7 11.5h.01M11 9.5V6M8.7 4.3a3.2 3.2 0 0 1 4.6 0M7 2.5a5.7 5.7 0 0 1 8 0"/>'
    ),
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.7 3.7"/>',
    "share": '<path d="M2 3h12v4H2zM2 9h7v4H2zM11 9h3v4h-3z"/>',
    "sliders": (
        '<path d="M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7"/><circle cx="10.5" cy="4.5" r="1.5"/>'
        '<circle cx="5.5" cy="11.5" r="1.5"/>'
    ),
    "slow": '<path d="M2 4.5 7 8l-5 3.5zM9 4.5h5M9 8h5M9 11.5h5"/>',
    "stop": '<path d="M5.3 1.8h5.4l3.5 3.5v5.4l-3.5 3.5H5.3l-3.5-3.5V5.3z"/><path d="M8 4.8v4M8 11v.01"/>',
    "sun": (
        '<circle cx="8" cy="8" r="2.8"/>'
        '<path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6"/>'
        '<path d="M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1"/>'
    ),
    "table": '<path d="M2 3h12v10H2zM2 6.3h12M2 9.6h12M6.5 6.3V13"/>',
    "trend": '<path d="M2 2v12h12"/><path d="m4.5 10.5 3-3 2 2 4-5"/>',
    "turn": '<path d="M13.5 8a5.5 5.5 0 1 1-1.7-4"/><path d="M13.7 1.8v2.7H11"/><path d="M8 5v3.2l2 1.3"/>',
    "undo": '<path d="M3 6.5h7a3.5 3.5 0 0 1 0 7H6"/><path d="M5.8 3.5 2.8 6.5l3 3"/>',
    "up": '<path d="M8 13.5v-11M3.8 6.7 8 2.5l4.2 4.2"/>',
    "warn": '<path d="M8 2 14.5 13.5h-13z"/><path d="M8 6.5v3M8 11.5v.01"/>',
}
