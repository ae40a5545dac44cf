import math
from dataclasses import dataclass

from modzoo.errors import CallError
from modzoo.files import read_lines


@dataclass(frozen=True)
class Lexicon:
    """Terms with a score each. Terms are lower-case, of one word or of several.

    Attributes:
        name: The source's name on the command line, e.g. `"afinn"`.
        scores: Dictionary from term to score.
    """

    name: str
    scores: dict

    def save(self, path):
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{term}\t{score:g}\n" for term, score in self.scores.items())

    @classmethod
    def load(cls, name, path):
        """Reads `term<TAB>score` lines."""
        scores = {}
        for number, line in read_lines(path):
            term, _, score = line.rpartition("\t")
            try:
                scores[term] = float(score)
            except ValueError:
                term = ""
            if not term or not math.isfinite(scores[term]):
                raise CallError(
                    f"{path}, line {number}: expected a term, a tab and a score, found {line!r}."
                )
        return cls(name, scores)


def load_lexicon(name):
    """The lexicon of source `name`, from the package that carries it."""
    if name not in _PACKAGED:
        raise CallError(f"There is no lexicon {name!r}; there is: {', '.join(sorted(_PACKAGED))}.")
    return Lexicon(name, _PACKAGED[name]())


def _afinn():
    """AFINN-en-165 (Nielsen, 2011): valence in -5..5."""
    from afinn import Afinn

    scores = Afinn(language="en")._dict
    return {" ".join(term.lower().split()): float(score) for term, score in scores.items()}


def _vader():
    """VADER (Hutto and Gilbert, 2014): mean valence of ten raters in -4..4."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().lexicon
    return {" ".join(term.lower().split()): float(score) for term, score in scores.items()}


_PACKAGED = {"afinn": _afinn, "vader": _vader}
