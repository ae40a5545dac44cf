import logging
import math
import os
from pathlib import Path

from modzoo.errors import CallError, quoted
from modzoo.files import read_lines
from modzoo.knowledge import lexicon_formats as formats
from modzoo.knowledge.alignment import ScoreTable, align
from modzoo.knowledge.published import find_file
from modzoo.knowledge.source import Source

LOGGER = logging.getLogger("modzoo")


class Lexicon(Source):
    """Terms with a score each; a word's features are its term's score and that it has one.

    Args:
        name: The source's name, e.g. `"afinn"`.
        scores: Dictionary from term to score. Terms are lower-case, of one word or of several.
        packaged: Whether the scores come from an installed package; a saved model then holds
            no copy.
        remarks: Sentences on irregular lines of the file, each `"<path>, line N: ..."`.
    """

    width = 2
    is_sparse = True

    def __init__(self, name, scores=None, packaged=False, remarks=()):
        super().__init__(name)
        self.scores = scores
        self.packaged = packaged
        self.remarks = tuple(remarks)

    @classmethod
    def make(cls, name, material):
        """A published lexicon, or `"pmi"`, which is learned. What is odd in a published file is
        logged, with the line, as warnings of `modzoo`."""
        if name == "pmi":
            from modzoo.knowledge.pmi import learn_pmi_source

            return learn_pmi_source(material)
        lexicon = load_lexicon(name, material.folders.get("lexica"))
        for remark in lexicon.remarks:
            LOGGER.warning(remark)
        return lexicon

    @property
    def is_loaded(self):
        return self.scores is not None

    @property
    def assets(self):
        return () if self.packaged else (f"{self.name}.tsv",)

    def build(self, split):
        self.terms = ScoreTable(self.scores, split, self.name)

    def annotate(self, words):
        """Score and presence, float `(batch, time, 2)` (see `align`)."""
        return align(words.normal, self.terms)

    def describe(self, words):
        rows = self.annotate(words).numpy().tolist()
        return [[round(score, 4) if there else None for score, there in row] for row in rows]

    def save_assets(self, folder):
        for file in self.assets:
            with open(os.path.join(folder, file), "w", encoding="utf-8", newline="\n") as lines:
                lines.writelines(f"{term}\t{score:g}\n" for term, score in self.scores.items())

    def load_assets(self, folder):
        if self.packaged:
            self.scores = load_lexicon(self.name).scores
        for file in self.assets:
            self.scores = read_scores(os.path.join(folder, file))

    def get_config(self):
        return {**super().get_config(), "packaged": self.packaged}

    @classmethod
    def from_config(cls, config):
        config = {"packaged": config.get("name") in _PACKAGED, **config}
        if config.keys() != {"name", "packaged"} or not isinstance(config["packaged"], bool):
            raise ValueError("a lexicon has a name, and packaged, true or false.")
        return cls(**config)


def read_scores(path):
    """Reads `term<TAB>score` lines, `{term: score}`."""
    scores = {}
    for number, line in read_lines(path):
        term, _, score = line.rpartition("\t")
        try:
            scores[term] = float(score)
        except ValueError:
            term = ""
        if not term or not math.isfinite(scores[term]):
            raise CallError(
                f"{path}, line {number}: expected a term, a tab and a score, found {quoted(line)}."
            )
    if not scores:
        raise CallError(f"{path} holds no terms; expected lines of a term, a tab and a score.")
    return scores


def load_lexicon(name, folder=None):
    """A published sentiment lexicon.

    A line from which a term and its score can be read is read, and what is odd about it goes to
    the lexicon's `remarks`; a line from which they cannot be read is an error.

    Args:
        name: `"afinn"` (Nielsen, 2011; -5..5), `"mpqa"` (Wilson et al., 2005; -1, 0, 1), `"nrc"`
            (NRC Hashtag, Kiritchenko et al., 2014; about -7..7.5), `"opinion"` (Hu and Liu,
            2004; -1, 1) or `"vader"` (Hutto and Gilbert, 2014; -4..4).
        folder: Folder with the published file, at most three folders down. Without it, or where
            it has none, `"afinn"` and `"vader"` come from their packages.

    Raises:
        CallError: If there is no such lexicon or no file of it, or a file cannot be read; it
            names file and line.
    """
    if name not in _FORMATS:
        raise CallError(f"There is no lexicon {name!r}; there is: {', '.join(_FORMATS)}.")
    patterns, read = _FORMATS[name]
    path = None if folder is None else find_file(folder, patterns, "lexica")
    if path is not None:
        scores, remarks = read(path)
        return Lexicon(name, scores, remarks=remarks)
    if name in _PACKAGED:
        return Lexicon(name, _PACKAGED[name](), packaged=True)
    files = " or ".join(patterns)
    if folder is None:
        raise CallError(
            f"No package carries the lexicon {name!r}: get it from its authors and give the "
            f"folder with its {files} as --lexica DIR."
        )
    raise CallError(f"{folder} holds no lexicon {name!r}; looked in and below it for {files}.")


def _afinn():
    """AFINN-en-165."""
    import afinn

    # Its class would compile a pattern of all terms, which takes longer than the rest of a load.
    scores, _ = formats.read_afinn(Path(afinn.__file__).parent / "data" / "AFINN-en-165.txt")
    return scores


def _vader():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().lexicon
    return {" ".join(term.lower().split()): float(score) for term, score in scores.items()}


_FORMATS = {
    "afinn": (("AFINN-en-165.txt", "AFINN-111.txt"), formats.read_afinn),
    "mpqa": (("*.tff",), formats.read_mpqa),
    "nrc": (("unigrams-pmilexicon.txt", "unigrams-pmilexicon.txt.gz"), formats.read_nrc),
    "opinion": (("opinion_lexicon.zip", "positive-words.txt"), formats.read_opinion),
    "vader": (("vader_lexicon.txt", "vader_lexicon.zip"), formats.read_vader),
}
_PACKAGED = {"afinn": _afinn, "vader": _vader}
