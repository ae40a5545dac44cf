import pytest

from modzoo.serving.programs import ProgramError, run_python

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize(
    "program, says",
    [
        ("import os; os.abort()", "it was ended by SIGABRT"),
        ("print(1); 1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "it said nothing"),
        ("raise SystemExit('a\\n b\\n')", "^b$"),
        ("raise ValueError('none\\n\\t [[{{node Call}}]]')", "^ValueError: none$"),
        ("raise SystemExit('a.SomeError: x\\nb: y')", "^a.SomeError: x$"),
        (
            "raise ValueError('in f:\\n at 3:\\nnone\\n [[{{node}}]]')",
            "^ValueError: in f: at 3: none$",
        ),
    ],
)
def test_how_a_program_ended_is_said(program, says):
    with pytest.raises(ProgramError, match=says):
        run_python("-c", program)
