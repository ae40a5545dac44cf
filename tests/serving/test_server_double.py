"""The bodies in SERVING.md, and others, by the rules of TensorFlow Serving's REST interface."""

import base64
import json
import re
from pathlib import Path

import pytest

import modzoo
from tests.serving import exported
from tests.serving.server_double import ServerDouble

pytestmark = [pytest.mark.one_backend, pytest.mark.xdist_group("serving")]
PAGE = Path(modzoo.__file__).parents[1] / "SERVING.md"
BODIES = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.fixture(scope="module")
def server():
    return ServerDouble(exported.preset("sentiment_sst2")["path"])


def assert_shown(shown, found):
    """Asserts that what is shown is there; numbers have four places, objects may have more."""
    if isinstance(shown, dict):
        assert shown.keys() <= found.keys()
        for name, value in shown.items():
            assert_shown(value, found[name])
    elif isinstance(shown, list):
        assert len(shown) == len(found)
        for a, b in zip(shown, found, strict=True):
            assert_shown(a, b)
    else:
        assert found == (shown if isinstance(shown, str) else pytest.approx(shown, abs=1e-3))


@pytest.mark.parametrize("request_, answer", list(zip(BODIES[::2], BODIES[1::2], strict=True)))
def test_the_bodies_on_the_page(request_, answer, server):
    status, found = server.predict(request_)
    assert status == 200, found
    assert_shown(json.loads(answer), found)


def test_the_command_on_the_page_has_the_first_body():
    (body,) = re.findall(r"curl -d '(.*?)'", PAGE.read_text(encoding="utf-8"))
    assert json.loads(body) == json.loads(BODIES[0])


def test_bytes_that_are_no_text(server):
    row = {"b64": base64.b64encode(b"\xff dull").decode()}
    status, found = server.predict(json.dumps({"instances": [row]}))
    assert status == 200 and found["predictions"][0]["label"] == "negative"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{}",
        '{"instances": []}',
        '{"instances": ["a"], "inputs": ["a"]}',
        '{"inputs": {"words": ["a"]}}',
        '{"signature_name": "none", "instances": ["a"]}',
        '{"instances": [["a"]]}',
        '{"signature_name": "network", "instances": [{"token": [1]}]}',
    ],
)
def test_bodies_that_are_refused(body, server):
    assert server.predict(body)[0] == 400
