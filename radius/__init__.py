"""The RADIUS door: bytes in, decisions and effects out."""
