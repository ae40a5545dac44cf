from dataclasses import dataclass, field


@dataclass(frozen=True)
class Evaluation:
    """Figures of a model on a split of labelled examples.

    Attributes:
        split: Name of the split.
        examples: Integer, their number.
        metrics: `{name: value}`.
        notes: Further entries of the report, `{name: JSON value}`.
        remarks: Sentences for the person who reads the figures.
    """

    split: str
    examples: int
    metrics: dict
    notes: dict = field(default_factory=dict)
    remarks: tuple = ()
