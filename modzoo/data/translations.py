from dataclasses import dataclass, replace

LISTS = ("sources", "targets", "into")


@dataclass(frozen=True)
class Translations:
    """Sentences with their translations.

    Attributes:
        sources: List of strings.
        targets: List of their translations, strings.
        into: List of the names of the languages that they are translated into.
        languages: List of the names of all languages there are.
        split: Name of the split.
        source: Where they are from, for people.
        remarks: Sentences on what was left out.
    """

    sources: list
    targets: list
    into: list
    languages: list
    split: str
    source: str
    remarks: tuple = ()

    def __len__(self):
        return len(self.sources)

    @property
    def summary(self):
        """How many there are, and into which languages, for people."""
        counts = [f"{name} {self.into.count(name):,}" for name in self.languages]
        return f"{len(self):,} sentences to translate ({', '.join(counts)})"

    def written_in(self, language):
        """The translations into a language, each once."""
        pairs = zip(self.targets, self.into, strict=True)
        return list(dict.fromkeys(text for text, into in pairs if into == language))

    def limit(self, count):
        """The first `count` of them; all of them for None."""
        if count is None:
            return self
        return replace(self, **{name: getattr(self, name)[:count] for name in LISTS})

    def shorter(self, lengths, most):
        """Those whose length, one of a list of integers, is at most `most`; a remark says so."""
        kept = [i for i, length in enumerate(lengths) if length <= most]
        if len(kept) == len(self):
            return self
        remark = (
            f"{self.source}, {self.split}: {len(self) - len(kept):,} of {len(self):,} sentences "
            f"are left out: they or their translations have more than {most} words."
        )
        some = {name: [getattr(self, name)[i] for i in kept] for name in LISTS}
        return replace(self, **some, remarks=(*self.remarks, remark))


def both_ways(pairs, languages, split, source, remarks=()):
    """The `Translations` of pairs of sentences, each to be translated either way.

    Args:
        pairs: List of pairs of strings.
        languages: List of the languages of the first and of the second of each pair.
        split, source, remarks: As of `Translations`.
    """
    sources = [sentence for pair in pairs for sentence in pair]
    targets = [sentence for one, other in pairs for sentence in (other, one)]
    into = [*reversed(languages)] * len(pairs)
    return Translations(sources, targets, into, [*languages], split, source, tuple(remarks))
