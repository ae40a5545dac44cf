from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Translations:
    """Sentences with their translations.

    Attributes:
        sources: List of strings.
        targets: List of their translations, strings.
        languages: List of two names: of the sources' language, and of the targets'.
        split: Name of the split.
        source: Where they are from, for people.
        remarks: Sentences on what was left out.
    """

    sources: list
    targets: list
    languages: list
    split: str
    source: str
    remarks: tuple = ()

    def __len__(self):
        return len(self.sources)

    @property
    def summary(self):
        """How many there are, and of which languages, for people."""
        return f"{len(self):,} sentences, {' to '.join(self.languages)}"

    def limit(self, count):
        """The first `count` of them; all of them for None."""
        if count is None:
            return self
        return replace(self, sources=self.sources[:count], targets=self.targets[:count])
