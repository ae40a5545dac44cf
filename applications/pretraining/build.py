from modzoo.applications.pretraining.backbone import TIMBertBackbone


def build_backbone(settings, vocabulary_size):
    """A new `TIMBertBackbone`.

    Args:
        settings: The application's `ModelSettings`.
        vocabulary_size: Integer, the word pieces that there are.
    """
    return TIMBertBackbone(
        vocabulary_size,
        num_layers=settings.num_layers,
        num_heads=settings.num_heads,
        hidden_dim=settings.width,
        intermediate_dim=settings.intermediate_dim,
        num_mechanisms=settings.num_mechanisms,
        plain_layers=settings.plain_indices,
        competition=settings.competition,
        max_sequence_length=settings.max_length,
        dropout=settings.dropout,
        activation=settings.activation,
    )
