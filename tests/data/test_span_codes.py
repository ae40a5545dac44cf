import pytest

from modzoo.applications.tagging.evaluation import score
from modzoo.data.span_codes import spans_as_iob2

SPANS = ["B-a", "I-a", "O", "B-a", "B-a", "B-b", "O"]


@pytest.mark.parametrize(
    ("code", "tags"),
    [
        ("IOB1", "I-a I-a O I-a B-a I-b O"),
        ("IOB2", "B-a I-a O B-a B-a B-b O"),
        ("IOE1", "I-a I-a O E-a I-a I-b O"),
        ("IOE2", "I-a E-a O E-a E-a E-b O"),
        ("BIOES", "B-a E-a O S-a S-a S-b O"),
        ("BILOU", "B-a L-a O U-a U-a U-b O"),
        ("BMES", "B-a E-a O S-a S-a S-b O"),
        ("BMEWO", "B-a E-a O W-a W-a W-b O"),
        ("BMEWO+", "B_a E_a a_O_a W_a W_a W_b O_EOS"),
        ("lower case", "b-a i-a o b-a b-a b-b o"),
        ("underscore", "B_a I_a O B_a B_a B_b O"),
        ("suffix", "a-B a-I O a-B a-B b-B O"),
        ("suffix, underscore", "a_B a_E O a_S a_S b_S O"),
        ("brackets", "(a* *) * (a) (a*) (b) *"),
    ],
)
def test_codes_of_spans_become_iob2(code, tags):
    read = spans_as_iob2([tags.split(), []])
    assert read == [SPANS, []]
    figures, missing = score(read, [["O", "O", "O", *SPANS[3:]], []], SPANS)
    assert (figures["f1"], missing) == (pytest.approx(6 / 7), {})  # three of four entities


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("I-a I-a O I-b", "B-a I-a O B-b"),  # IO
        ("B-a M-a M-a E-a O", "B-a I-a I-a I-a O"),
        ("BOS_O O O_per B_per M_per E_per per_O", "O O O B-per I-per I-per O"),
        ("B I O B O", "B-span I-span O B-span O"),
        ("(a* * *) *", "B-a I-a I-a O"),
        ("B-a E-a I-a S-a I-a", "B-a I-a B-a B-a B-a"),  # a span ends with its end
        ("B-x_y I-x_y B-B O", "B-x_y I-x_y B-B O"),
    ],
)
def test_spans(tags, spans):
    assert spans_as_iob2([tags.split()]) == [spans.split()]


@pytest.mark.parametrize("tags", ["NN VB O", "B M E S", "O O", "S P O", "(TOP(S(NP* *)))", "B- O"])
def test_other_tags_stay_as_they_are(tags):
    assert spans_as_iob2([tags.split()]) == [tags.split()]


def test_a_code_is_of_the_whole_column():
    rows = [["B-a", "O"], ["I-a", "NN"]]
    assert spans_as_iob2(rows) == rows
