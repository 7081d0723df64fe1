"""The captive portal: pages an employee meets at the hotspot, on a phone, before there is any internet."""
