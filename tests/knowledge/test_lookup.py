import numpy as np
import pytest
import tensorflow as tf

from modzoo.errors import CallError
from modzoo.knowledge.lookup import LookupTable


def test_entries_are_an_asset_of_a_saved_model(tmp_path):
    module = tf.Module()
    module.words = LookupTable("words", ["é", "b c", ""], tf.constant([0.1, -2.5, 3]), np.nan)
    module.points = LookupTable("points", tf.constant([9, 98]), tf.constant([3, 2]), 1)
    texts, points = tf.constant(["b c", "é", "", "c"]), tf.constant([[98, 9], [97, 10]])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 2])])
    def call(texts, points):
        return module.words.lookup(texts), module.points.lookup(tf.cast(points, tf.int32))

    module.call = call
    expected = call(texts, tf.cast(points, tf.float32))  # traced before the tables are saved
    np.testing.assert_array_equal(expected[0], np.float32([-2.5, 0.1, 3, np.nan]))
    np.testing.assert_array_equal(expected[1], [[2, 3], [1, 1]])
    (tmp_path / "files").mkdir()
    for table in (module.words, module.points):
        table.save(tmp_path / "files")
    tf.saved_model.save(module, str(tmp_path / "model"))
    written = {file.name: file for file in (tmp_path / "model" / "assets").iterdir()}
    assert written["points.tsv"].read_text() == "98\t2\n9\t3\n"
    assert written["words.tsv"].read_text().splitlines()[0] == "b c\t-2.5"
    for file in (tmp_path / "files").iterdir():
        file.unlink()
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    for found, right in zip(loaded.call(texts, tf.cast(points, tf.float32)), expected, strict=True):
        np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("key", ["a\tb", "a\nb", "a\rb"])
def test_what_a_line_cannot_hold_is_refused(key, tmp_path):
    table = LookupTable("words", ["a", key], [0, 1], -1)
    with pytest.raises(CallError, match=r"The table words holds 'a\\[tnr]b'; nothing with a tab"):
        table.save(tmp_path)
