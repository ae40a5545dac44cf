from collections import Counter, defaultdict

import pytest

from modzoo.data import code_switching, mixed_grammar, tag_grammar
from modzoo.errors import CallError

OPEN = {"NN", "NNS", "VB", "VBD", "VBG", "VBZ", "JJ", "RB", "NNP"}


@pytest.fixture(scope="module")
def tagged():
    return {s: tag_grammar.generate_tagged_sentences(s) for s in tag_grammar.SIZES}


@pytest.fixture(scope="module")
def switched():
    return {s: code_switching.generate_switched_messages(s) for s in code_switching.SIZES}


def pairs(sentences, task):
    for words, tags in zip(sentences.tokens, sentences.tags[task], strict=True):
        yield from zip(words, tags, strict=True)


def known(word):
    return word in tag_grammar.FUNCTION_WORDS or word.lower() in tag_grammar.FUNCTION_WORDS


def test_no_open_word_of_the_test_is_in_training(tagged):
    drawn = {
        split: {word for word, tag in pairs(s, "pos") if tag in OPEN and not known(word)}
        for split, s in tagged.items()
    }
    assert not drawn["train"] & drawn["test"]
    assert len(drawn["test"]) > 1000


def test_the_ending_tells_the_part_of_speech(tagged):
    endings = ("ness", "ment", "ing", "ous", "ful", "ed", "ly", "or", "s", "")
    found = defaultdict(set)
    for word, tag in pairs(tagged["test"], "pos"):
        if not known(word) and word.islower():
            found[next(e for e in endings if word.endswith(e))].add(tag)
    assert found.pop("s") == {"NNS", "VBZ"}
    assert all(len(tags) == 1 for tags in found.values())


def test_a_name_does_not_tell_its_kind(tagged):
    kinds = defaultdict(list)
    for word, tag in pairs(tagged["train"], "ner"):
        if tag != "O":
            kinds[word].append(tag[2:])
    often = [found for found in kinds.values() if len(found) >= 3]
    assert len(often) > 50
    assert sum(len(set(found)) > 1 for found in often) > 0.7 * len(often)


def test_the_neighbours_tell_the_kind(tagged):
    """An interpreter of the sentences, written apart from their generator, finds each tag."""
    before = {"in": "geo", "near": "geo", "from": "geo", "for": "org", "by": "org"}
    before |= dict.fromkeys(["president", "mr.", "judge"], "per")
    before |= dict.fromkeys(["joined", "left"], "org")
    for words, tags in zip(tagged["test"].tokens, tagged["test"].tags["ner"], strict=True):
        for i, tag in enumerate(tags):
            if not tag.startswith("B-"):
                continue
            end = i + 1
            while end < len(tags) and tags[end].startswith("I-"):
                end += 1
            previous = words[i - 1].lower() if i else ""
            following = [*words[end : end + 1], ""]
            if previous == "of":
                found = "geo" if words[i - 2] == "streets" else "org"
            elif following[0] == "shares":
                found = "org"
            else:
                found = before.get(previous, "per")
            assert tag == f"B-{found}", words


def test_a_seed_is_a_corpus(tagged):
    again = tag_grammar.generate_tagged_sentences("test")
    assert again == tagged["test"]
    assert tag_grammar.generate_tagged_sentences("test", 9, seed=1).tokens != again.tokens[:9]


def test_messages_switch(switched):
    for messages in switched.values():
        spoken = [[t for t in row if t != "other"] for row in messages.tags["language"]]
        assert 0.4 < sum(len(set(row)) > 1 for row in spoken) / len(spoken) < 0.9
    words = [{w for row in s.tokens for w in row} for s in switched.values()]
    assert (words[0] & words[2]).issuperset(code_switching.SHARED)


def test_shared_words_are_of_the_language_being_spoken(switched):
    shared = Counter()
    for words, tags in zip(switched["test"].tokens, switched["test"].tags["language"], strict=True):
        speaking = None
        for word, tag in zip(words, tags, strict=True):
            if word in code_switching.SHARED:
                assert tag == speaking
                shared[tag] += 1
            speaking = speaking if tag == "other" else tag
    assert min(shared.values()) > 500


def test_mixed_sentences_change_the_language_and_each_task_has_its_tags():
    mixed = mixed_grammar.generate_mixed_sentences("test", 300)
    backwards = {"eht", "ni", "rof", "dna", "dias"}
    found = dict.fromkeys(mixed.tasks, 0)
    for i, words in enumerate(mixed.tokens):
        (task,) = (task for task in mixed.tasks if mixed.tags[task][i] is not None)
        assert len(mixed.tags[task][i]) == len(words)
        first = {word[::-1] for word in backwards} & set(words)
        found[task] |= bool(first) + 2 * bool(backwards & set(words))
        assert task == mixed.tasks[i % 3]
    assert found == {"pos": 3, "english": 1, "hindi": 2}
    assert mixed.primary == "pos"
    assert {"G_N", "PSP"} <= set(mixed.labels("pos"))
    assert {"NNS", "VBD"} <= set(mixed.labels("english"))
    assert {"VM", "DEM"} <= set(mixed.labels("hindi"))


@pytest.mark.parametrize(
    "generate",
    [
        tag_grammar.generate_tagged_sentences,
        code_switching.generate_switched_messages,
        mixed_grammar.generate_mixed_sentences,
    ],
)
def test_unknown_split(generate):
    with pytest.raises(CallError, match="no split 'dev'"):
        generate("dev")
