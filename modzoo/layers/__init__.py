"""Keras layers and cells of modular networks. Imported, one by one, when first used."""

from modzoo.lazy import lazy_attributes

LAYERS = {
    "AttentionPooling": "attention_pooling",
    "CommunicatingLSTM": "communicating_lstm",
    "CrossStitch": "cross_stitch",
    "GroupDense": "group_dense",
    "GroupLayerNormalization": "group_layer_normalization",
    "IndependentLSTM": "independent_lstm",
    "InterMechanismAttention": "inter_mechanism_attention",
    "InterleavedRNN": "interleaved_rnn",
    "MechanismCompetition": "mechanism_competition",
    "MultiTaskRNN": "multi_task_rnn",
    "RIM": "rim",
    "RIMCell": "rim_cell",
    "RecursiveRoutingLSTM": "recursive_routing_lstm",
    "RoutedDecoder": "routed_decoder",
    "RoutedEncoder": "routed_encoder",
    "RoutedEncoderCell": "routed_encoder_cell",
    "SharedLSTM": "shared_lstm",
    "SharedPrivateLSTM": "shared_private_lstm",
    "Sluice": "sluice",
    "StraightThroughRouter": "straight_through_router",
    "TIMBlock": "tim_block",
    "TIMEncoder": "tim_encoder",
    "TaskGate": "task_gate",
}
__all__ = list(LAYERS)
__getattr__, __dir__ = lazy_attributes(__name__, LAYERS)
