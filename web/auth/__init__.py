"""Signing in to the admin pages: who somebody is, what he may open, that he himself sent the form."""
