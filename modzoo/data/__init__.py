"""Readers of published formats, and synthetic corpora with known structure."""
