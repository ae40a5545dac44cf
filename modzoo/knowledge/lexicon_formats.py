"""Readers of sentiment lexica as their authors publish them.

Each takes a path and returns `(scores, remarks)`: a dictionary from lower-case term to score,
and a list of sentences on irregular lines.
"""

import math
import re
from pathlib import PurePosixPath

from modzoo.errors import CallError, quoted, some_of
from modzoo.files import opened_zip, read_bytes, read_gzip, read_lines, read_member, text_lines

MPQA_FIELDS = ("type", "len", "word1", "pos1", "stemmed1", "priorpolarity")
MPQA_POLARITIES = {"positive": 1.0, "negative": -1.0, "neutral": 0.0, "both": 0.0}
MPQA_MISPRINTS = {"weakpos": 1.0, "weakneg": -1.0}


def read_afinn(path):
    """`term<TAB>score`."""
    return _last_counts(path, _scored_terms(path, read_lines(path)))


def read_vader(path):
    """`term<TAB>mean<TAB>deviation<TAB>ratings`, in a text file or a zip file with one."""
    lines = read_lines(path)
    if path.suffix == ".zip":
        [(path, content)] = _members(path, ["vader_lexicon.txt"])
        lines = text_lines(content, path)
    return _last_counts(path, _scored_terms(path, lines))


def read_nrc(path):
    """`term<TAB>score<TAB>count<TAB>count`, perhaps in gzip. User names are left out."""
    lines = read_lines(path)
    if path.suffix == ".gz":
        lines = text_lines(read_gzip(read_bytes(path), path), path)
    rows = list(_scored_terms(path, lines))
    users = [number for number, term, _ in rows if re.fullmatch(r"@\w+", term)]
    kept = [row for row in rows if not re.fullmatch(r"@\w+", row[1])]
    scores, remarks = _last_counts(path, kept)
    if users:
        remarks.append(
            f"{path}, line {users[0]}: this and {len(users) - 1} more terms are user names, "
            "private and no words; they are left out."
        )
    return scores, remarks


def read_opinion(path):
    """A list of positive and one of negative words, in one zip file or beside each other.

    A `;` begins a comment. A word of both lists gets 0. Lines that are not UTF-8 are Latin-1: of
    the copies in use some are converted.
    """
    names = ["positive-words.txt", "negative-words.txt"]
    if path.suffix == ".zip":
        lists = _members(path, names)
    else:
        lists = [(beside, read_bytes(beside)) for beside in map(path.with_name, names)]
    scores, remarks = {}, []
    for (source, content), score in zip(lists, (1.0, -1.0), strict=True):
        lines = text_lines(content, source, fallback="latin-1")
        terms = [(number, line) for number, line in lines if not line.startswith(";")]
        for number, line in _not_empty(source, terms):
            if "\t" in line:
                raise CallError(
                    f"{source}, line {number}: expected a term alone, found {quoted(line)}."
                )
            term = _term(line)
            if scores.setdefault(term, score) != score:
                scores[term] = 0.0
                remarks.append(
                    f"{source}, line {number}: {quoted(term)} is among the positive words too; "
                    "it counts as 0."
                )
    return scores, remarks


def read_mpqa(path):
    """`type=.. len=1 word1=.. pos1=.. stemmed1=.. priorpolarity=..`, a line for a part of speech.

    Positive is 1, negative -1, neutral and both 0; a word whose parts of speech differ gets 0.
    """
    scores, remarks, conflicts = {}, [], set()
    for number, line in read_lines(path):
        term, score, odd = _mpqa_entry(path, number, line)
        if odd:
            remarks.append(
                f"{path}, line {number}: {some_of(odd)} is not of the format; "
                f"{quoted(term)} is read as {score:g}."
            )
        if scores.setdefault(term, score) != score and term not in conflicts:
            conflicts.add(term)
            remarks.append(
                f"{path}, line {number}: {quoted(term)} has another polarity than in a line "
                "before; it counts as 0."
            )
    scores.update(dict.fromkeys(conflicts, 0.0))
    return _not_empty(path, scores), remarks


def _mpqa_entry(path, number, line):
    """Term, score, and the parts of the line that the format does not have."""
    fields, odd = {}, []
    for part in line.split():
        key, _, value = part.partition("=")
        if key in MPQA_FIELDS and fields.setdefault(key, value) == value:
            continue
        odd.append(part)
        if key in ("word1", "priorpolarity"):
            fields[key] = ""
    term, polarity = _term(fields.get("word1", "")), fields.get("priorpolarity")
    score = {**MPQA_POLARITIES, **MPQA_MISPRINTS}.get(polarity)
    if not term or score is None:
        raise CallError(
            f"{path}, line {number}: expected one word1=... and one priorpolarity= of "
            f"{', '.join(MPQA_POLARITIES)}; found {quoted(line)}."
        )
    if fields.get("stemmed1", "n") not in ("y", "n"):
        odd.append(f"stemmed1={fields['stemmed1']}")
    if polarity in MPQA_MISPRINTS:
        odd.append(f"priorpolarity={polarity}")
    return term, score, odd


def _scored_terms(path, lines):
    """Line number, term and score of `term<TAB>score` lines; further columns are passed over."""
    for number, line in lines:
        term, *columns = line.split("\t")
        try:
            score = float(columns[0])
        except (IndexError, ValueError):
            score = math.nan
        if not _term(term) or not math.isfinite(score):
            raise CallError(
                f"{path}, line {number}: expected a term, a tab and a score, found {quoted(line)}."
            )
        yield number, _term(term), score


def _last_counts(path, rows):
    scores, remarks, lines = {}, [], {}
    for number, term, score in rows:
        if scores.get(term, score) != score:
            remarks.append(
                f"{path}, line {number}: {quoted(term)} has the score {score:g} here and "
                f"{scores[term]:g} in line {lines[term]}; the later line counts."
            )
        scores[term], lines[term] = score, number
    return _not_empty(path, scores), remarks


def _not_empty(path, scores):
    if not scores:
        raise CallError(f"{path} holds no terms with a score; get the published file.")
    return scores


def _term(text):
    return " ".join(text.lower().split())


def _members(path, names):
    """Path and content of the files of these names in a zip file, in any folder of it."""
    with opened_zip(path) as archive:
        places = {PurePosixPath(place).name: place for place in archive.namelist()}
        missing = [name for name in names if name not in places]
        if missing:
            raise CallError(f"{path} holds no {' and no '.join(missing)}.")
        found = [(path / places[name], places[name]) for name in names]
        return [(inside, read_member(archive, place, inside)) for inside, place in found]
