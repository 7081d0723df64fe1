"""Imports of whole lists: a file's columns are matched, each row is judged, all is applied at once or not at all."""
