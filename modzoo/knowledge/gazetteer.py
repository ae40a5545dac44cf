import logging
import re

import tensorflow as tf

from modzoo.data.invented_names import invented_names
from modzoo.errors import CallError, quoted
from modzoo.knowledge import gazetteer_formats as formats
from modzoo.knowledge.alignment import MISSING, ScoreTable, cover
from modzoo.knowledge.published import find_file, folder_of
from modzoo.knowledge.source import Source
from modzoo.knowledge.term_forms import comparable

LOGGER = logging.getLogger("modzoo")
MOST_WORDS, MOST_LETTERS = 8, 100  # of a term; longer ones are formulae
MOST_TERMS = 2**21
ABBREVIATION = 3  # letters
MESH = ("mtrees*.bin", "mtrees*.txt")
DRUGBANK = ("drugbank*vocabulary*.csv", "drugbank*.csv")
PUBLISHED = {
    "drugs": (DRUGBANK, formats.read_drugbank),
    "diseases": (MESH, lambda path: formats.read_mesh(path, "C")),
    "birth_defects": (MESH, lambda path: formats.read_mesh(path, "C16")),
    "pregnancy": (MESH, lambda path: formats.read_mesh(path, "C13.703")),
    "adr": (("ADR_lexicon*.tsv", "ADR_lexicon*.txt"), formats.read_adr),
}


class Gazetteer(Source):
    """Terms of one category; a word's feature is 1 where a term covers it.

    Its terms are never saved with a model, which says alone which file it needs: they are looked
    for again where it is loaded (`looking_in`), and without them the source is silent. An
    exported servable holds them.

    Args:
        called: What it is called on the command line: `"drugs"`, `"mesh:C16.131"`,
            `"list:allergies.txt"`. Its name is that, `:` and other marks replaced by `_`.
        terms: List of distinct terms, of one word or of several.
        file: Name of the file they are from, without its folder.
        remarks: Sentences on terms of the file that are left out.
    """

    width = 1
    is_sparse = True
    is_category = True

    def __init__(self, called, terms=None, file=None, remarks=()):
        super().__init__(re.sub("[^A-Za-z0-9]+", "_", called))
        self.called = called
        self.terms = terms
        self.file = file
        self.remarks = tuple(remarks)

    @classmethod
    def make(cls, name, material):
        """What is odd in the file is logged, with the line, as warnings of `modzoo`."""
        gazetteer = load_gazetteer(name, material.folders.get("gazetteers"))
        for remark in gazetteer.remarks:
            LOGGER.warning(remark)
        return gazetteer

    @property
    def is_loaded(self):
        return self.terms is not None

    def build(self, split):
        numbers = {term: number for number, term in enumerate(self.terms)}
        short = {term: number for term, number in numbers.items() if _is_abbreviation(term)}
        long = {term: number for term, number in numbers.items() if term not in short}

        def split_apart(terms):
            joined = tf.strings.reduce_join(comparable(split(terms)), axis=-1, separator=" ")
            return tf.strings.split(joined)

        self.table = ScoreTable(long, split_apart, self.name) if long else None
        self.abbreviations = ScoreTable(short, None, f"{self.name}_short") if short else None

    def annotate(self, words):
        """1 where a term covers a word, else 0, float `(batch, time, 1)`."""
        return tf.where(tf.math.is_nan(self._places(words)), 0.0, 1.0)[..., None]

    def describe(self, words):
        rows = self._places(words).numpy().tolist()
        return [[None if at != at else self.terms[int(at)] for at in row] for row in rows]

    def _places(self, words):
        """For each word the number of the term that covers it, float `(batch, time)`, else NaN.

        Where terms overlap the longest counts, then the one that begins first. A term of at most
        three letters, some of them capitals, must stand in the text as it is written; a word with
        hyphens is covered too if one of its parts is a term.
        """
        places = tf.fill(tf.shape(words.normal), MISSING)
        if self.table is not None:
            normal = comparable(words.normal)
            places = cover(normal, self.table)
            places = tf.where(tf.math.is_nan(places), self._parts(normal), places)
        if self.abbreviations is not None:
            short = self.abbreviations.table.lookup(words.written)
            places = tf.where(tf.math.is_nan(places), short, places)
        return places

    def _parts(self, words):
        """The number of the first part of a word with hyphens that is a term."""
        compounds = tf.where(tf.strings.regex_full_match(words, r"\S+ \S.*"))
        parts = tf.strings.split(tf.gather_nd(words, compounds))
        found = self.table.table.lookup(comparable(parts))
        none = float(len(self.terms))
        first = tf.reduce_min(tf.where(tf.math.is_nan(found), none, found), axis=1)
        first = tf.where(first < none, first, MISSING)
        places = tf.fill(tf.shape(words), MISSING)
        return tf.tensor_scatter_nd_update(places, compounds, first)

    def load_assets(self, folder):
        """Looks for the terms; without them the source is silent, which is logged."""
        try:
            found = load_gazetteer(self.called)
        except CallError as error:
            found = Gazetteer(self.called, [], self.file)
            LOGGER.warning(f"The model works without the gazetteer {self.called!r}. {error}")
        self.terms, self.file = found.terms, found.file

    def get_config(self):
        return {"kind": type(self).__name__, "name": self.called, "file": self.file}

    @classmethod
    def from_config(cls, config):
        config = {"file": None, **config}
        if config.keys() != {"name", "file"} or not isinstance(config["file"], str | None):
            raise ValueError("a gazetteer has a name, and the name of a file.")
        return cls(config["name"], file=config["file"])


def load_gazetteer(called, folder=None):
    """A gazetteer of the paper, or another.

    Args:
        called: `"drugs"` (DrugBank's names and synonyms), `"diseases"` (MeSH C),
            `"birth_defects"` (MeSH C16), `"pregnancy"` (MeSH C13.703: complications), `"adr"` (the
            lexicon of adverse drug reactions of Nikfarjam et al., 2015), `"mesh:NUMBER"` (any part
            of the MeSH tree), `"list:FILE"` (a term a line), or `"invented:LIST"` (the names in
            generated texts).
        folder: Folder with the published file, at most three folders down. Default: the one that
            `MODZOO_GAZETTEERS` names.

    Raises:
        CallError: If there is no such gazetteer or no file of it, or a file cannot be read; it
            names file and line.
    """
    kind, _, rest = called.partition(":")
    if kind == "invented":
        lists = invented_names()
        if rest not in lists:
            raise CallError(f"There is no list {rest!r} of invented names; there is: {[*lists]}.")
        return Gazetteer(called, list(lists[rest]))
    patterns, read = _files_of(called, kind, rest)
    folder = folder or folder_of("gazetteers")
    files = " or ".join(patterns)
    if folder is None:
        raise CallError(
            f"No package carries the gazetteer {called!r}: get it from its authors and give the "
            f"folder with its {files} as --gazetteers DIR."
        )
    path = find_file(folder, patterns, "gazetteers")
    if path is None:
        raise CallError(
            f"{folder} holds no gazetteer {called!r}; looked in and below it for {files}."
        )
    terms, remarks = _kept(path, read(path))
    return Gazetteer(called, terms, path.name, remarks)


def _files_of(called, kind, rest):
    """The patterns of a gazetteer's file, and its reader."""
    if called in PUBLISHED:
        return PUBLISHED[called]
    if kind == "list" and rest and not set(rest) & set("/\\*?["):
        return (rest,), formats.read_list
    if kind == "mesh" and formats.MESH_NUMBER.fullmatch(rest):
        return MESH, lambda path: formats.read_mesh(path, rest)
    raise CallError(
        f"There is no gazetteer {called!r}; there is: {', '.join(PUBLISHED)}, mesh:NUMBER, as in "
        "mesh:C16.131, and list:FILE, the name of a file in --gazetteers DIR."
    )


def _kept(path, rows):
    """The terms that can be looked up, each once, and remarks on the others."""
    terms, left_out = {}, []
    for number, text in rows:
        term = " ".join(text.split())
        if len(term) > MOST_LETTERS or len(re.findall(r"\w+|[^\w\s-]", term)) > MOST_WORDS:
            left_out.append((number, term, "is long"))
        elif len(term) < 2 or not re.search(r"[^\W\d_]", term):
            left_out.append((number, term, "holds no word"))
        else:
            terms.setdefault(term)
        if len(terms) > MOST_TERMS:
            raise CallError(f"{path}, line {number}: no more than {MOST_TERMS:,} terms are read.")
    if not terms:
        raise CallError(f"{path} holds no terms; get the published file.")
    if not left_out:
        return [*terms], ()
    number, term, reason = left_out[0]
    return [*terms], (
        f"{path}, line {number}: {quoted(term)} {reason}; it and {len(left_out) - 1:,} more are "
        f"left out: a term has letters, at most {MOST_LETTERS}, and at most {MOST_WORDS} words.",
    )


def _is_abbreviation(term):
    return len(term) <= ABBREVIATION and term != term.lower()
