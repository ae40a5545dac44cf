"""What a model has learned of some tasks, taken over by a model of another."""

from modzoo.layers.routed_sharing import RoutedSharing


def shared_layers(model):
    """The layers of a `SeriesClassifier` that serve all tasks alike: the routed encoder with its
    policies, an RRN's functions with their router, IC-MTL's shared LSTM; none where each task has
    what it needs alone."""
    base, sharing = model.rnn.base_layer, model.rnn.sharing_layer
    if isinstance(sharing, RoutedSharing):
        return [sharing.encoder]
    if model.rnn.base == "rrn":
        return [base.first, base.functions, base.seen, base.scores]
    if model.rnn.base == "ic_mtl":
        return [base.shared]
    return []


def fix_shared(model, source=None):
    """Fixes the `shared_layers` of a model as they are, or as they are in `source`, a model of the
    same settings and of other tasks."""
    of_source = shared_layers(model if source is None else source)
    for layer, learned in zip(shared_layers(model), of_source, strict=True):
        layer.set_weights(learned.get_weights())
        layer.trainable = False
