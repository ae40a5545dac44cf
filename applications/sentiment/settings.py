from dataclasses import dataclass

from modzoo.applications.annotated_texts.settings import AnnotatedTextSettings
from modzoo.knowledge import source_names
from modzoo.training import setting


@dataclass(frozen=True)
class ModelSettings(AnnotatedTextSettings):
    """What a trained classifier has fixed."""

    sources: tuple[str, ...] = setting(
        ("token", "afinn", "vader"), f"sources, one module each, of {', '.join(source_names())}"
    )
