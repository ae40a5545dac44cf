import keras


@keras.saving.register_keras_serializable(package="modzoo")
class CategoryEmbedding(keras.layers.Layer):
    """A learned vector for each category of words, and one for words of none.

    One table serves several gazetteers, each of which has a module of its own: a module reads
    the row of its category where a word belongs to it, and the row of none where it does not.

    Args:
        num_categories: Integer.
        dim: Integer, width of the vectors.
        zero_none: Whether a word that is not of a category is the zero vector, the modules' null
            input, and there is no row of none. The paper has the row.

    Call arguments:
        memberships: List of float tensors `(batch, time, 1)`, one for each category: 1 where a word
            belongs to it, else 0.

    Returns:
        List of float tensors `(batch, time, dim)`.

    Reference:
    - Bagherzadeh and Bergler, 2021, Multi-input Recurrent Independent Mechanisms for leveraging
      knowledge sources, section 4: the matrix B of 5 x 20 for four gazetteers
    """

    def __init__(self, num_categories, dim, zero_none=False, **kwargs):
        super().__init__(**kwargs)
        self.num_categories = num_categories
        self.dim = dim
        self.zero_none = zero_none

    def build(self, membership_shapes):
        self.embeddings = self.add_weight(
            (self.num_categories + (not self.zero_none), self.dim),
            keras.initializers.RandomNormal(stddev=1.0),  # as the scores of lexica are about 1
            name="embeddings",
        )
        self.built = True

    def call(self, memberships):
        rows = self.embeddings[: self.num_categories]
        none = 0.0 if self.zero_none else self.embeddings[-1]
        return [none + is_member * (rows[i] - none) for i, is_member in enumerate(memberships)]

    def compute_output_shape(self, membership_shapes):
        return [(*shape[:-1], self.dim) for shape in membership_shapes]

    def get_config(self):
        return {
            **super().get_config(),
            "num_categories": self.num_categories,
            "dim": self.dim,
            "zero_none": self.zero_none,
        }
