from modzoo.layers.rim import RIM


def parallel_lstms(num_lstms, units, **options):
    """LSTMs side by side, each with its own weights, as one layer: what they yield at each step,
    `(batch, time, num_lstms * units)`, zeros where a step is masked."""
    return RIM(
        num_lstms,
        units,
        input_attention=False,
        communication=False,
        return_sequences=True,
        zero_output_for_mask=True,
        **options,
    )
