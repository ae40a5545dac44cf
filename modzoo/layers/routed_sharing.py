from modzoo.layers.multi_task_base import MultiTaskBase
from modzoo.layers.routed_decoder import RoutedDecoder
from modzoo.layers.routed_encoder import RoutedEncoder
from modzoo.layers.routes import checked_places

PLACES = (
    "('encoder', layer, source, module), ('module', layer, module) or "
    "('decoder', task, layer, module)"
)


class RoutedSharing(MultiTaskBase):
    """MT-RMN beside a base model (see `MultiTaskRNN`): its encoder reads the sequence, its
    decoders, one for each task, read the encoder and what the base model found for the task.

    It reads a list of the sequence and nothing or one representation for each task.

    Args:
        num_tasks: Integer, number of tasks.
        units: Integer, width of cells, sub-encoders and sub-decoders.
        encoder: Dictionary of further arguments of `modzoo.layers.RoutedEncoder`.
        decoder: Dictionary of further arguments of `modzoo.layers.RoutedDecoder`.
        return_decisions: Whether to return the routes too.
    """

    reads_list = True

    def __init__(self, num_tasks, units, encoder, decoder, return_decisions=False, **kwargs):
        super().__init__(num_tasks, units, return_decisions, **kwargs)
        options = {"return_decisions": return_decisions, "dtype": self.dtype_policy}
        self.encoder = RoutedEncoder(units=units, name="encoder", **encoder, **options)
        self.decoder = RoutedDecoder(num_tasks, units, name="decoder", **decoder, **options)
        self.disabled = ()

    @property
    def output_width(self):
        return (self.decoder.num_layers - 1) * self.units

    @property
    def disabled(self):
        return self._disabled

    @disabled.setter
    def disabled(self, places):
        places = tuple(tuple(p) if isinstance(p, (list, tuple)) else (p,) for p in places)
        layers, modules = self.encoder.num_layers - 1, self.encoder.num_modules
        sizes = {
            "encoder": lambda p: (layers, self._num_sources(p[:1]), modules),
            "module": lambda p: (layers, modules),
            "decoder": lambda p: (self.num_tasks, layers, modules),
        }
        if any(place[:1] not in {(kind,) for kind in sizes} for place in places):
            raise ValueError(f"`disabled` must hold {PLACES}. Received: disabled={list(places)}.")
        named = {
            kind: checked_places([p[1:] for p in places if p[0] == kind], sizes[kind], PLACES)
            for kind in sizes
        }
        self.encoder.disabled = named["encoder"] + named["module"]
        self.decoder.disabled = named["decoder"] + named["module"]
        self._disabled = places

    def _num_sources(self, layer):
        return self.encoder.num_cells if layer == (0,) else self.encoder.num_modules

    def build_weights(self, input_shape):
        sequence, *own = input_shape
        self.encoder.build(sequence)
        self.decoder.build([(*sequence[:-1], self.encoder.output_width), *own])

    def represent(self, inputs, mask, training):
        sequence, *own = inputs
        encoded = self.encoder(sequence, mask=mask, training=training)
        if not self.return_decisions:
            return self.decoder([encoded, *own], mask=mask, training=training), {}
        encoded, encoder = encoded
        outputs, decoder = self.decoder([encoded, *own], mask=mask, training=training)
        return outputs, {"encoder_routes": encoder["routes"], "decoder_routes": decoder["routes"]}

    def decision_shapes(self, batch_size, time):
        encoder, tasks = self.encoder, self.num_tasks
        layers, sources = encoder.num_layers - 1, max(encoder.num_sources)
        decoded = (batch_size, time, layers, encoder.num_modules)
        return {
            "encoder_routes": (batch_size, time, layers, sources, encoder.num_modules),
            "decoder_routes": [decoded] * tasks,
        }
