"""Tiny language models in the formats that others publish them in, of random weights."""

import json

import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "film", "is", "good", "bad", "un", "##afford", "##able", "film", "story"]
WORD_PIECES = [*dict.fromkeys([*SPECIAL, *WORDS, *LETTERS, *(f"##{c}" for c in LETTERS), *",.!'"])]
MERGES = ["f i", "fi l", "fil m", "Ġ film", "Ġ t", "Ġt h", "Ġth e", "a b", "l e", "ab le"]
WIDTH, HEADS, LAYERS, POSITIONS = 8, 2, 1, 24


def bert_folder(folder, positions=POSITIONS):
    """BERT as Hugging Face's `transformers` writes it."""
    vocabulary = len(WORD_PIECES)
    config = {**_config("bert", vocabulary, positions), "type_vocab_size": 2}
    shapes = {"embeddings.token_type_embeddings.weight": (2, WIDTH)}
    _write(folder, config, _shapes("", vocabulary, positions) | shapes)
    (folder / "vocab.txt").write_text("\n".join(WORD_PIECES) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    return folder


def roberta_folder(folder):
    """RoBERTa likewise: byte pairs, a word but the first with a space before it."""
    vocabulary = byte_pairs()
    config = _config("roberta", len(vocabulary), POSITIONS + 2)
    _write(folder, config, _shapes("roberta.", len(vocabulary), POSITIONS + 2))
    text = json.dumps({piece: i for i, piece in enumerate(vocabulary)})
    (folder / "vocab.json").write_text(text, encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]), encoding="utf-8")
    return folder


def byte_pairs():
    """A vocabulary of all bytes, as GPT-2 writes them, and of what `MERGES` makes."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    return [*special, *byte_letters().values(), *(m.replace(" ", "") for m in MERGES)]


def byte_letters():
    """The character that stands for each byte in GPT-2's vocabulary, `{byte: character}`."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(others)}


def elmo_folder(folder, width=6, output="elmo"):
    """A SavedModel of the signature of ELMo on TensorFlow Hub: a vector of each word and place."""
    import tensorflow as tf

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            rng = np.random.default_rng(0)
            self.table = tf.Variable(rng.normal(size=(50, width)).astype("float32"))

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None], tf.string, "tokens"),
                tf.TensorSpec([None], tf.int32, "sequence_len"),
            ]
        )
        def tokens(self, tokens, sequence_len):
            vectors = tf.gather(self.table, tf.strings.to_hash_bucket_fast(tokens, 50))
            left = sequence_len[:, None] - tf.range(tf.shape(tokens)[1])[None]
            return {output: vectors + tf.cast(left, tf.float32)[..., None]}

    module = Module()
    tf.saved_model.save(module, str(folder), signatures={"tokens": module.tokens})
    return folder


def _config(kind, vocabulary, positions):
    return {
        "model_type": kind,
        "vocab_size": vocabulary,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "hidden_dropout_prob": 0.1,
        "max_position_embeddings": positions,
    }


def _shapes(prefix, vocabulary, positions):
    shapes = {
        "embeddings.word_embeddings.weight": (vocabulary, WIDTH),
        "embeddings.position_embeddings.weight": (positions, WIDTH),
        **_norm("embeddings.LayerNorm"),
        **_dense("pooler.dense", WIDTH, WIDTH),
    }
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= _dense(f"{layer}.attention.{name}", WIDTH, WIDTH)
        shapes |= _dense(f"{layer}.intermediate.dense", WIDTH, 2 * WIDTH)
        shapes |= _dense(f"{layer}.output.dense", 2 * WIDTH, WIDTH)
        shapes |= _norm(f"{layer}.attention.output.LayerNorm")
        shapes |= _norm(f"{layer}.output.LayerNorm")
    return {prefix + name: shape for name, shape in shapes.items()}


def _dense(name, width, units):
    return {f"{name}.weight": (units, width), f"{name}.bias": (units,)}


def _norm(name):
    return {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}


def _write(folder, config, shapes):
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    save_file(weights, str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps(config))
