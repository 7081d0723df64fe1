"""Use cases, one module each: read facts, let the domain decide, write once."""
