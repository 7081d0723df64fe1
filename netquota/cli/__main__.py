"""`python -m netquota.cli`: how `serve` starts its processes."""

from netquota.cli import main

main()
