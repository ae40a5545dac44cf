"""Words per second of a gazetteer's look-up, beside what one would write in Python.

    python benchmarks/knowledge.py --data ADE-Corpus-V2 --gazetteers MEDICAL     # knowledge.csv
    python benchmarks/knowledge.py                                               # invented names
    python benchmarks/knowledge.py --terms 1000000 --rounds 3                    # growth

Texts are split into words before; what is measured is which words a term covers, in batches of
`--batch` texts, by `modzoo.knowledge.Gazetteer` (in a `tf.function`, as in `tf.data` and in a
servable), by a loop in Python that tries the longest span of words in a set first, and by
`flashtext.KeywordProcessor`, if that is installed. The two know neither plurals nor hyphens.
The figure is that of the best round; `build_s` is the time from a list of terms to one that can be
asked, `memory_mb` by how much the process grew meanwhile. All on one core, in one process.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from processes import write_rows

HERE = Path(__file__).parent


def lists_of(args):
    """`{name: terms}`."""
    from modzoo.data.invented_names import invented_names
    from modzoo.knowledge import load_gazetteer

    if args.terms:
        names = [word for names in invented_names().values() for n in names for word in n.split()]
        rng = np.random.default_rng(0)
        spans = rng.integers(0, len(names), (args.terms, 3))
        lengths = rng.integers(1, 4, args.terms)
        terms = (" ".join(names[i] for i in s[:n]) for s, n in zip(spans, lengths, strict=True))
        numbered = {
            term if n > 1 else f"{term}{i}": None
            for i, (term, n) in enumerate(zip(terms, lengths, strict=True))
        }
        return {f"{len(numbered):,} made up": [*numbered]}
    if args.gazetteers:
        names = ("drugs", "diseases", "adr")
        return {name: load_gazetteer(name, args.gazetteers).terms for name in names}
    return {"drugs": [*invented_names()["drugs"]]}


def texts_of(args):
    from modzoo.applications import health

    return health.load_ade_texts(args.data, "train").texts[: args.texts]


def made(build):
    """What `build` returns, the seconds it takes, and the megabytes by which the process grows."""
    before, start = resident(), time.perf_counter()
    built = build()
    return built, time.perf_counter() - start, resident() - before


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def best_time(look_up, batches, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for batch in batches:
            look_up(batch)
        times.append(time.perf_counter() - start)
    return min(times)


def ours(terms):
    import tensorflow as tf

    from modzoo.knowledge import Gazetteer

    gazetteer = Gazetteer("list:x", terms)
    gazetteer.prepare("reviews")
    return tf.function(gazetteer.annotate, reduce_retracing=True)


def loop(terms):
    known = {term.lower() for term in terms}
    longest = max(len(term.split()) for term in known)

    def look_up(texts):
        for words in texts:
            i = 0
            while i < len(words):
                spans = range(min(longest, len(words) - i), 0, -1)
                i += next((n for n in spans if " ".join(words[i : i + n]) in known), 1)

    return look_up


def flashtext(terms):
    from flashtext import KeywordProcessor

    processor = KeywordProcessor()
    processor.add_keywords_from_list([term for term in terms if term.strip()])
    return lambda texts: [processor.extract_keywords(text) for text in texts]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--gazetteers")
    parser.add_argument("--terms", type=int, help="so many made-up terms instead")
    parser.add_argument("--texts", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    os.sched_setaffinity(0, {args.core})
    import tensorflow as tf

    from modzoo.knowledge import padded_words

    texts = texts_of(args)
    groups = [texts[i : i + args.batch] for i in range(0, len(texts), args.batch)]
    padded = [padded_words(tf.constant(group), "reviews") for group in groups]
    split = [
        [[word.decode() for word in row if word] for row in words.normal.numpy()]
        for words in padded
    ]
    joined = [[" ".join(words) for words in group] for group in split]
    number = sum(len(words) for group in split for words in group)
    rows = []
    for name, terms in lists_of(args).items():
        for way, build, batches in (
            ("modzoo", ours, padded),
            ("loop in Python", loop, split),
            ("flashtext", flashtext, joined),
        ):
            try:
                look_up, seconds, grown = made(lambda: build(terms))  # noqa: B023
            except ImportError:
                continue
            look_up(batches[0])
            best = best_time(look_up, batches, args.rounds)
            rows.append(
                {
                    "list": name,
                    "terms": len(terms),
                    "way": way,
                    "words": number,
                    "words_per_s": round(number / best),
                    "build_s": round(seconds, 2),
                    "memory_mb": round(grown),
                }
            )
            print(rows[-1], flush=True)
    write_rows(args.out / ("knowledge_growth.csv" if args.terms else "knowledge.csv"), rows)


if __name__ == "__main__":
    main()
