"""What holds of every drawing, whatever it is given."""

from itertools import combinations

import pytest

from modzoo import plots
from tests.plots import records
from tests.plots.reading import seen

LONG = records.WORDS * 40
WIDE = ([0.9] * 300 + [0.1] * 212,)
IDLE_AT_C = [[True] * 3, [True, True, False]]
FIXED = ([1.0] * 512,)
DRAWINGS = {
    "history_of_one": lambda: plots.draw_history(records.history(1)),
    "history_of_five_figures": lambda: plots.draw_history(records.history(3, "abcde")),
    "history_that_diverged": lambda: plots.draw_history(records.diverged()),
    "ablation": lambda: plots.draw_ablation(records.ablation()),
    "ablation_odd": lambda: plots.draw_ablation(
        records.ablation({"sources": records.ODD, "$x$": records.ODD}, "詞" * 30)
    ),
    "ablation_of_many": lambda: plots.draw_ablation(
        records.ablation({f"setting_{i}": [*map(str, range(150))] for i in range(6)})
    ),
    "ablation_of_one": lambda: plots.draw_ablation(records.ablation({}, seeds=1)),
    "ablation_of_equals": lambda: plots.draw_ablation(records.ablation(spread=0)),
    "ablation_diverged": lambda: plots.draw_ablation(records.ablation(spread=None)),
    "activity": lambda: plots.draw_activity(records.activity(), "negative"),
    "activity_idle": lambda: plots.draw_activity(records.activity("abc", IDLE_AT_C)),
    "activity_odd": lambda: plots.draw_activity(records.activity(records.ODD), "$x$" * 99),
    "activity_long": lambda: plots.draw_activity(records.activity(LONG), "negative"),
    "gates": lambda: plots.draw_gates(records.gates()),
    "gates_odd": lambda: plots.draw_gates(records.gates(records.ODD, tasks=("詞", "$n$"))),
    "gates_long": lambda: plots.draw_gates(records.gates(LONG)),
    "gates_wide": lambda: plots.draw_gates(records.gates(tasks=("pos",), means=WIDE)),
    "no_gates": lambda: plots.draw_gates(records.gates(LONG, "none", ("pos",), FIXED)),
    "no_gates_odd": lambda: plots.draw_gates(records.gates(records.ODD, "none", ("$",), FIXED)),
    "competition": lambda: plots.draw_competition(records.competition()),
    "competition_of_many": lambda: plots.draw_competition(records.competition(40, 4, ("$a$",))),
    "enhancement": lambda: plots.draw_enhancement(records.enhancement()),
    "enhancement_of_many": lambda: plots.draw_enhancement(
        records.enhancement(("noisy",), 4, range(8), 400)
    ),
    "enhancement_of_none": lambda: plots.draw_enhancement(records.enhancement(layers=())),
    "competition_of_one": lambda: plots.draw_competition(records.competition(1, 2, ("電",))),
    "sides": lambda: plots.draw_sides(
        [{"epoch": e, "between_sides_2": 0.1 * e, "between_sides_3": 0.9} for e in range(4)],
        ["between_sides_2", "between_sides_3"],
    ),
    "source_activity": lambda: plots.draw_source_activity(records.source_activity()),
    "source_activity_odd": lambda: plots.draw_source_activity(
        records.source_activity(records.ODD, ("$", *records.ODD))
    ),
    "source_activity_of_many": lambda: plots.draw_source_activity(
        records.source_activity([*map(str, range(30))])
    ),
    "source_activity_of_one": lambda: plots.draw_source_activity(records.source_activity(["a"])),
    "tokens": lambda: plots.draw_token_competition(records.token_competition()),
    "tokens_odd": lambda: plots.draw_token_competition(
        records.token_competition(records.ODD, (0,), 4)
    ),
    "tokens_of_many": lambda: plots.draw_token_competition(records.token_competition(LONG)),
    "common_tokens": lambda: plots.draw_common_tokens(records.common_tokens()),
    "common_tokens_odd": lambda: plots.draw_common_tokens(records.common_tokens(records.ODD)),
    "common_tokens_of_many": lambda: plots.draw_common_tokens(
        records.common_tokens([*map(str, range(150))], range(9), 4)
    ),
    "no_common_tokens": lambda: plots.draw_common_tokens(records.common_tokens([])),
    "confusion": lambda: plots.draw_confusion("pos", records.confusion(["NN", "IN", "JJ"])),
    "confusion_odd": lambda: plots.draw_confusion("$x$", records.confusion(records.ODD)),
    "confusion_of_many": lambda: plots.draw_confusion(
        "pos", records.confusion([*map(str, range(300))])
    ),
    "modules": lambda: plots.draw_modules(*records.modules()),
    "modules_odd": lambda: plots.draw_modules(
        *records.modules(records.ODD, records.ODD, layers=("$x$", "詞" * 40))
    ),
    "modules_of_many": lambda: plots.draw_modules(*records.modules([*map(str, range(150))], LONG)),
    "modules_writing": lambda: plots.draw_modules(*records.writing()),
    "module_of_one": lambda: plots.draw_modules(*records.modules("a", units=1)),
    "overlap": lambda: plots.draw_overlap(*records.overlap("abc")),
    "overlap_odd": lambda: plots.draw_overlap(*records.overlap(records.ODD)),
    "overlap_of_many": lambda: plots.draw_overlap(*records.overlap([*map(str, range(150))])),
    "overlap_of_one": lambda: plots.draw_overlap(*records.overlap("a")),
    "probes": lambda: plots.draw_probes("ner", records.probes(["B-geo", "O"])),
    "probes_odd": lambda: plots.draw_probes("$", records.probes(records.ODD)),
    "probes_of_many": lambda: plots.draw_probes("pos", records.probes([*map(str, range(300))])),
    "correlation": lambda: plots.draw_gate_correlation("pos, ner", records.correlation(64)),
    "correlation_of_many": lambda: plots.draw_gate_correlation("a, $b$", records.correlation(512)),
    "removal": lambda: plots.draw_removal(*records.removal()),
    "removal_bleu": lambda: plots.draw_removal(*records.removal(metric="bleu")),
    "removal_alone": lambda: plots.draw_removal(records.removal(["effect"])[0]),
    "routes": lambda: plots.draw_routes(*records.routes()),
    "routes_odd": lambda: plots.draw_routes(
        *records.routes(records.ODD[::2], len(records.ODD)), records.ODD
    ),
    "routes_of_many": lambda: plots.draw_routes(*records.routes("abcdefgh", 300, 4, 8)),
    "routes_of_words": lambda: plots.draw_routes(*records.routes("a", 8)[:2], steps=records.WORDS),
    "units": lambda: plots.draw_units(*records.units_of()),
    "units_odd": lambda: plots.draw_units(*records.units_of(records.ODD, ("$x$", "詞" * 40))),
    "units_of_many": lambda: plots.draw_units(
        *records.units_of([*map(str, range(150))], [*map(str, range(8))])
    ),
}


@pytest.mark.parametrize("name", ["history_of_one", "activity", "gates", "competition"])
def test_a_notebook_shows_it(name):
    assert DRAWINGS[name]()._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", dir(plots))
def test_it_takes_texts_as_they_stand(name):
    assert getattr(plots, name).__wrapped__  # by `plainly`


@pytest.mark.parametrize("name", DRAWINGS)
def test_it_can_be_read(name):
    figure = DRAWINGS[name]()
    width, height = figure.get_size_inches()
    assert width <= 16 and height <= 26
    found = seen(figure)  # a character without a glyph warns
    assert min(text.get_fontsize() for text, _ in found) >= 7
    assert not any(text.get_parse_math() for text, _ in found if "$" in text.get_text())
    inside = figure.bbox.padded(5)
    assert [t.get_text() for t, b in found if not inside.contains(*b.min)] == []
    assert [t.get_text() for t, b in found if not inside.contains(*b.max)] == []
    boxes = [(text.get_text(), box.padded(-1)) for text, box in found]
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []
