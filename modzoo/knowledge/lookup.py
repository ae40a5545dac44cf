import os

import tensorflow as tf

from modzoo.errors import CallError, quoted

ENDS = b"\t\n\r"


class LookupTable(tf.Module):
    """A look-up table made of entries in memory, which a SavedModel holds as a file.

    Args:
        name: String; the file is called `<name>.tsv`.
        keys: Tensor `(entries,)`, strings or integers.
        values: Tensor `(entries,)`, integers or floats.
        default: What other keys have.
    """

    def __init__(self, name, keys, values, default):
        super().__init__(name=name)
        with tf.init_scope():
            self.entries = _Entries(tf.convert_to_tensor(keys), tf.convert_to_tensor(values))
            self.table = tf.lookup.StaticHashTable(self.entries, default)

    def lookup(self, keys):
        """Values of a tensor of keys of any shape, dense or ragged."""
        return self.table.lookup(keys)

    def save(self, folder):
        """Writes the entries to `folder`, a key, a tab and a value a line.

        A SavedModel that is written while the file is there holds it as an asset, and reads it
        where it is loaded.
        """
        keys, values = (tensor.numpy().tolist() for tensor in self.table.export())
        path = os.path.join(folder, f"{self.name}.tsv")
        with open(path, "wb") as file:
            for value, key in sorted(zip(values, keys, strict=True)):
                key = key if isinstance(key, bytes) else b"%d" % key
                if any(end in key for end in ENDS):
                    raise CallError(
                        f"The table {self.name} holds {quoted(key.decode('utf-8', 'replace'))}; "
                        "nothing with a tab or the end of a line in it can be exported."
                    )
                file.write(b"%s\t%s\n" % (key, repr(value).encode()))
        self.file = tf.lookup.TextFileInitializer(
            path, self.table.key_dtype, 0, self.table.value_dtype, 1
        )
        self.entries.file = self.file


class _Entries(tf.lookup.KeyValueTensorInitializer):
    """Entries from memory or, once there is one, from a file."""

    file = None

    def initialize(self, table):
        if self.file is None:
            return super().initialize(table)
        return self.file.initialize(table)
