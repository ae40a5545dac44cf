"""What the modules of a classifier did at all words of a data set, counted."""

import keras
import numpy as np

from modzoo.applications.judged_texts import BATCH_SIZE
from modzoo.knowledge import Lexicon
from modzoo.training import evaluation_batches


def inspect(model, examples):
    """How often each module was active, and who won where several had something to read.

    A source speaks at a word if it annotates it; tokens and parts of speech speak at every word.
    Lexica agree at a word if two of them or more speak and all that do have one sign, not 0.
    A module that is idle at a word, although its source speaks, may have lost its place to a
    module that is active although its source is silent (a lexicon's attention is 0.5 then): such
    words are counted apart.

    Args:
        model: `AnnotatedTextClassifier`.
        examples: `TextExamples`.

    Returns:
        Dictionary of `"split"`, `"examples"`, `"words"`, `"modules"`, `"num_active"` and

        - `"activity"`, `{module: {...}}`: `"words"` at which its source speaks; the shares of
          them at which it is active, `"active"`, and at which it is not while a silent one is,
          `"lost_to_silent"`; its mean attention there, `"attention"`; and the share of the other
          words at which it is active, `"active_in_silence"`;
        - `"competition"`, for each two modules `"modules"`, the number of `"words"` at which both
          sources speak, and the shares of them at which one alone is active, `"first"` and
          `"second"`, `"both"` or `"neither"`, and at which the attention of one is greater,
          `"first_ahead"` and `"second_ahead"`;
        - `"agreement"`, where there are two lexica: their names `"lexica"`, the number of `"words"`
          at which they agree, and of the other modules, `{module: {...}}`, the shares of these
          words at which it is `"idle"`, `"lost_to_silent"`, and `"behind"`: of less attention
          than every lexicon that speaks; and the share of all other words at which it is
          `"idle_elsewhere"`.

        A share of no words is None.
    """
    counts = Counts(model.backbone.sources)
    decisions = model.decisions_model()
    texts = evaluation_batches(examples, BATCH_SIZE).map(lambda text, label: text)
    for batch in texts.as_numpy_iterator():
        features = model.preprocessor(batch)
        decided = decisions.predict_on_batch(features)
        arrays = {**features, **{name: decided[name] for name in ("activity", "attention")}}
        counts.add({name: keras.ops.convert_to_numpy(x) for name, x in arrays.items()})
    return {
        "split": examples.split,
        "examples": len(examples),
        "num_active": model.backbone.num_active,
        **counts.record(),
    }


class Counts:
    """Sums over words, of which `record` makes shares.

    Args:
        sources: List of the `Source` of each module.
    """

    def __init__(self, sources):
        self.sources = sources
        self.names = [source.name for source in sources]
        self.is_lexicon = np.array([isinstance(source, Lexicon) for source in sources])
        self.words = self.agreed = 0
        m = len(sources)
        self.of_module = {name: np.zeros(m, int) for name in _OF_MODULE}
        self.attention = np.zeros(m)
        self.of_pair = {name: np.zeros((m, m), int) for name in _OF_PAIR}

    def add(self, arrays):
        """Counts a batch: what the preprocessor returns, with the `"activity"` and
        `"attention"` of the modules, `(batch, time, modules)`."""
        there = arrays["padding_mask"].astype(bool)
        active = arrays["activity"][there] > 0
        attention = arrays["attention"][there].astype("float32")
        speaks, sign = np.ones(active.shape, bool), np.zeros(active.shape, int)
        for place, source in enumerate(self.sources):
            if source.is_sparse:
                said = arrays[source.name][there]
                speaks[:, place] = said[:, -1] > 0
                if self.is_lexicon[place]:
                    sign[:, place] = np.sign(said[:, 0])
        self._count(active, attention, speaks, self._agree(speaks, sign))

    def _agree(self, speaks, sign):
        """Whether lexica agree at each word."""
        voices = (speaks & self.is_lexicon).sum(1)
        return (voices >= 2) & (abs((sign * speaks).sum(1)) == voices)

    def _count(self, active, attention, speaks, agree):
        takes, loses = active & speaks, ~active & speaks
        lost_to_silent = loses & (active & ~speaks).any(1, keepdims=True)
        rivals = np.where(speaks & self.is_lexicon, attention, np.inf)
        behind = attention < rivals.min(1, keepdims=True)
        at = agree[:, None]
        found = {
            "speaks": speaks,
            "takes": takes,
            "in_silence": active & ~speaks,
            "lost_to_silent": lost_to_silent,
            "idle": ~active,
            "agreed_idle": ~active & at,
            "agreed_lost_to_silent": lost_to_silent & at,
            "agreed_behind": behind & at,
        }
        for name, flags in found.items():
            self.of_module[name] += flags.sum(0)
        self.words += len(active)
        self.agreed += int(agree.sum())
        self.attention += np.where(speaks, attention, 0).sum(0, dtype="float64")
        takes, loses, speaks = (x.astype(int) for x in (takes, loses, speaks))
        self.of_pair["speak"] += speaks.T @ speaks
        self.of_pair["both"] += takes.T @ takes
        self.of_pair["wins"] += takes.T @ loses
        for place in range(len(self.names)):
            ahead = attention[:, place, None] > attention
            self.of_pair["ahead"][place] += (ahead & (speaks[:, place, None] * speaks > 0)).sum(0)

    def record(self):
        """The shares, as `inspect` has them."""
        return {
            "words": self.words,
            "modules": self.names,
            "activity": {name: self._activity(i) for i, name in enumerate(self.names)},
            "competition": [
                self._pair(i, j)
                for i in range(len(self.names))
                for j in range(i + 1, len(self.names))
            ],
            **({"agreement": self._agreement()} if self.is_lexicon.sum() >= 2 else {}),
        }

    def _activity(self, i):
        of = {name: int(counts[i]) for name, counts in self.of_module.items()}
        return {
            "words": of["speaks"],
            "active": _share(of["takes"], of["speaks"]),
            "lost_to_silent": _share(of["lost_to_silent"], of["speaks"]),
            "attention": _share(float(self.attention[i]), of["speaks"]),
            "active_in_silence": _share(of["in_silence"], self.words - of["speaks"]),
        }

    def _pair(self, i, j):
        of = self.of_pair
        words = int(of["speak"][i, j])
        counts = {
            "first": of["wins"][i, j],
            "second": of["wins"][j, i],
            "both": of["both"][i, j],
            "neither": words - of["wins"][i, j] - of["wins"][j, i] - of["both"][i, j],
            "first_ahead": of["ahead"][i, j],
            "second_ahead": of["ahead"][j, i],
        }
        shares = {name: _share(int(count), words) for name, count in counts.items()}
        return {"modules": [self.names[i], self.names[j]], "words": words, **shares}

    def _agreement(self):
        modules = {}
        for i in np.flatnonzero(~self.is_lexicon):
            of = {name: int(counts[i]) for name, counts in self.of_module.items()}
            modules[self.names[i]] = {
                "idle": _share(of["agreed_idle"], self.agreed),
                "lost_to_silent": _share(of["agreed_lost_to_silent"], self.agreed),
                "behind": _share(of["agreed_behind"], self.agreed),
                "idle_elsewhere": _share(of["idle"] - of["agreed_idle"], self.words - self.agreed),
            }
        lexica = [self.names[i] for i in np.flatnonzero(self.is_lexicon)]
        return {"lexica": lexica, "words": self.agreed, "modules": modules}


_OF_MODULE = ("speaks", "takes", "in_silence", "lost_to_silent", "idle")
_OF_MODULE += ("agreed_idle", "agreed_lost_to_silent", "agreed_behind")
_OF_PAIR = ("speak", "both", "wins", "ahead")


def _share(count, words):
    return count / words if words else None


def inspection_lines(record):
    """What `inspect` returned, in lines for people."""
    count = len(record["modules"])
    width = max(map(len, ["module", *record["modules"]])) + 2
    lines = [
        f"{record['split']}: {record['words']:,} words of {record['examples']:,} texts; "
        f"{record['num_active']} of {count} modules active"
        + (", so that none is idle" if record["num_active"] == count else " at most"),
        f"{'module':{width}}{'speaks at':>12}{'active there':>15}{'elsewhere':>12}{'took in':>10}",
    ]
    for name, of in record["activity"].items():
        lines.append(
            f"{name:{width}}{of['words']:>12,}{_percent(of['active']):>15}"
            f"{_percent(of['active_in_silence']):>12}{_percent(of['attention']):>10}"
        )
    lines.append("Where two sources speak: who alone was active, and who took in more of the word")
    for pair in record["competition"]:
        one, other = pair["modules"]
        lines.append(
            f"  {one}, {other} ({pair['words']:,} words): active {one} alone "
            f"{_percent(pair['first'])}, {other} alone {_percent(pair['second'])}; took in more: "
            f"{one} {_percent(pair['first_ahead'])}, {other} {_percent(pair['second_ahead'])}"
        )
    return lines + _agreement_lines(record)


def _agreement_lines(record):
    found = record.get("agreement")
    if found is None:
        return []
    lines = [
        f"Where two or more of {', '.join(found['lexica'])} speak with one sign "
        f"({found['words']:,} words):"
    ]
    for name, of in found["modules"].items():
        lines.append(
            f"  {name} idle at {_percent(of['idle'])} of them ({_percent(of['lost_to_silent'])} "
            f"while a silent module is active), elsewhere at {_percent(of['idle_elsewhere'])}; it "
            f"took in less than each of them at {_percent(of['behind'])}"
        )
    return lines


def _percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def draw_inspection(record):
    """The pictures of what `inspect` returned, `{name: figure}`."""
    from modzoo.plots import draw_source_activity

    return {"activity": draw_source_activity(record)}
