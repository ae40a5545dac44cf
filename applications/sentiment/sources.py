"""The knowledge sources a sentiment model can read, by their names on the command line."""

from modzoo.knowledge.polarity import class_scores
from modzoo.knowledge.registry import check_sources, source_names

__all__ = ["SOURCES", "check_sources", "class_scores"]

SOURCES = source_names()
