"""Readers of sentiment lexica as their authors publish them.

Each takes a path and returns `(scores, remarks)`: a dictionary from lower-case term to score,
and a list of sentences on irregular lines.
"""

import gzip
import math
import re
import zipfile
import zlib
from pathlib import PurePosixPath

from modzoo.errors import CallError
from modzoo.files import read_bytes, text_lines

MPQA_FIELDS = ("type", "len", "word1", "pos1", "stemmed1", "priorpolarity")
MPQA_POLARITIES = {"positive": 1.0, "negative": -1.0, "neutral": 0.0, "both": 0.0}
MPQA_MISPRINTS = {"weakpos": 1.0, "weakneg": -1.0}


def read_afinn(path):
    """`term<TAB>score`."""
    return _last_counts(path, _scored_terms(path, text_lines(read_bytes(path), path)))


def read_vader(path):
    """`term<TAB>mean<TAB>deviation<TAB>ratings`, in a text file or a zip file with one."""
    content = read_bytes(path)
    if path.suffix == ".zip":
        [(path, content)] = _members(path, ["vader_lexicon.txt"])
    return _last_counts(path, _scored_terms(path, text_lines(content, path)))


def read_nrc(path):
    """`term<TAB>score<TAB>count<TAB>count`, perhaps in gzip. User names are left out."""
    content = read_bytes(path)
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise CallError(f"{path} is no whole gzip file ({error}); get it again.") from error
    rows = list(_scored_terms(path, text_lines(content, path)))
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

    A `;` begins a comment. A word of both lists gets 0.
    """
    names = ["positive-words.txt", "negative-words.txt"]
    if path.suffix == ".zip":
        lists = _members(path, names)
    else:
        lists = [(beside, read_bytes(beside)) for beside in map(path.with_name, names)]
    scores, remarks = {}, []
    for (source, content), score in zip(lists, (1.0, -1.0), strict=True):
        for number, line in text_lines(_latin1_as_utf8(content), source):
            if line.startswith(";"):
                continue
            if "\t" in line:
                raise CallError(f"{source}, line {number}: expected a term alone, found {line!r}.")
            term = _term(line)
            if scores.setdefault(term, score) != score:
                scores[term] = 0.0
                remarks.append(
                    f"{source}, line {number}: {term!r} is among the positive words too; "
                    "it counts as 0."
                )
    return _not_empty(path, scores), remarks


def read_mpqa(path):
    """`type=.. len=1 word1=.. pos1=.. stemmed1=.. priorpolarity=..`, a line for a part of speech.

    Positive is 1, negative -1, neutral and both 0; a word whose parts of speech differ gets 0.
    """
    scores, remarks, conflicts = {}, [], set()
    for number, line in text_lines(read_bytes(path), path):
        term, score, odd = _mpqa_entry(path, number, line)
        if odd:
            remarks.append(
                f"{path}, line {number}: {', '.join(odd)} is not of the format; "
                f"{term!r} is read as {score:g}."
            )
        if scores.setdefault(term, score) != score and term not in conflicts:
            conflicts.add(term)
            remarks.append(
                f"{path}, line {number}: {term!r} has another polarity than in a line before; "
                "it counts as 0."
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
            f"{', '.join(MPQA_POLARITIES)}; found {line!r}."
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
                f"{path}, line {number}: expected a term, a tab and a score, found {line!r}."
            )
        yield number, _term(term), score


def _last_counts(path, rows):
    scores, remarks, lines = {}, [], {}
    for number, term, score in rows:
        if scores.get(term, score) != score:
            remarks.append(
                f"{path}, line {number}: {term!r} has the score {score:g} here and "
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
    try:
        with zipfile.ZipFile(path) as archive:
            places = {PurePosixPath(place).name: place for place in archive.namelist()}
            missing = [name for name in names if name not in places]
            if missing:
                raise CallError(f"{path} holds no {' and no '.join(missing)}.")
            return [(path / places[name], archive.read(places[name])) for name in names]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise CallError(f"{path} is no zip file that can be read ({error}).") from error


def _latin1_as_utf8(content):
    """The lines that are not UTF-8 are latin-1: of the copies in use some are converted."""
    lines = []
    for line in content.split(b"\n"):
        try:
            line.decode()
        except UnicodeDecodeError:
            line = line.decode("latin-1").encode()
        lines.append(line)
    return b"\n".join(lines)
