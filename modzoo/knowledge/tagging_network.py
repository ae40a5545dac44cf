"""A trained tagger's forward pass in core TensorFlow ops, from its weights alone.

It computes what the tagging application's model does in inference, and runs in `tf.data` and in
exported graphs, whatever Keras' backend.
"""

import tensorflow as tf

CLOSED = -1e4  # what a gate of an LSTM reads that is 0


def tag_numbers(weights, context, characters, words, mask):
    """The number of each word's best tag.

    Args:
        weights: Dictionary of float arrays (see `modzoo.knowledge.tags.weight_shapes`).
        context: State that a learned gate sees, `"previous"` or `"current"`.
        characters: Integers `(batch, rows, cells)`, as `pack_letters` returns them.
        words: Integers `(batch, time, 2)`, likewise.
        mask: Boolean `(batch, time)`, likewise.

    Returns:
        Integers `(batch, time)`.
    """
    vectors = _word_vectors(weights, characters, words)
    states = _word_states(weights, vectors, mask)
    gates = tf.constant(weights["open_gates"])
    if "gate_bias" in weights:
        seen = tf.pad(states[:, :-1], [[0, 0], [1, 0], [0, 0]]) if context == "previous" else states
        logits = _map(seen, weights["gate_state_kernel"])
        logits += _map(vectors, weights["gate_word_kernel"])
        gates *= tf.sigmoid(logits + weights["gate_bias"])
    hidden = tf.nn.relu(_map(states * gates, weights["hidden_kernel"]) + weights["hidden_bias"])
    logits = _map(hidden, weights["logit_kernel"]) + weights["logit_bias"]
    return tf.argmax(logits, -1, tf.int32)


def _word_vectors(weights, characters, words):
    """`[forward state at each word's last letter; backward state at its first]`."""
    letters = tf.reshape(characters, [-1, tf.shape(characters)[-1]])
    rows, time = tf.unstack(tf.shape(letters))
    # Each letter is mapped once: (2, ids, 4 * width). At 0 the gates are closed, and the state
    # becomes 0.
    table = tf.matmul(weights["embedding"][None], weights["character_kernel"])
    table += weights["character_bias"][:, None]
    table = tf.concat([tf.fill(tf.shape(table[:, :1]), CLOSED), table[:, 1:]], axis=1)
    letters = tf.transpose(letters)  # (time, rows)
    ahead = tf.gather(table[0], letters)
    back = tf.gather(table[1], letters[::-1])
    states = _lstm(tf.stack([ahead, back], axis=1), weights["character_recurrent_kernel"])
    width = states.shape[-1]
    states = tf.reshape(states, [-1, width])  # of (time, 2, rows)
    first, last = words[..., 0], words[..., 1]
    forward = (last % time) * 2 * rows + last // time
    backward = ((time - 1 - first % time) * 2 + 1) * rows + first // time
    both = tf.gather(states, tf.stack([forward, backward], axis=-1))
    return tf.reshape(both, [*tf.unstack(tf.shape(words)[:-1]), 2 * width])


def _word_states(weights, vectors, mask):
    """A bidirectional LSTM over `(batch, time, features)`; zeros at masked words."""
    x = tf.transpose(vectors, [1, 0, 2])
    x = tf.stack([_map(x, weights["word_kernel"][0]), _map(x[::-1], weights["word_kernel"][1])], 1)
    x += weights["word_bias"][:, None]  # (time, 2, batch, 4 * width)
    mask = tf.transpose(mask)
    mask = tf.stack([mask, mask[::-1]], axis=1)[..., None]
    states = tf.where(mask, _lstm(x, weights["word_recurrent_kernel"], mask), 0.0)
    both = tf.concat([states[:, 0], states[::-1, 1]], axis=-1)
    return tf.transpose(both, [1, 0, 2])


def _lstm(projected, recurrent_kernel, mask=None):
    """States `(time, 2, batch, width)` from what each step adds to the gates."""

    def step(states, inputs):
        h, c = states
        i, f, g, o = tf.split(inputs[0] + tf.matmul(h, recurrent_kernel), 4, axis=-1)
        c_next = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h_next = tf.sigmoid(o) * tf.tanh(c_next)
        if mask is None:
            return h_next, c_next
        return tf.where(inputs[1], h_next, h), tf.where(inputs[1], c_next, c)

    zeros = tf.zeros_like(projected[0, ..., : recurrent_kernel.shape[1]])
    inputs = (projected,) if mask is None else (projected, mask)
    return tf.scan(step, inputs, (zeros, zeros))[0]


def _map(x, kernel):
    return tf.tensordot(x, kernel, 1)
