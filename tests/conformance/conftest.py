"""Real clients against a real server: what every test may ask for."""

import pytest

from botocore.exceptions import ClientError

from lab import Lab


@pytest.fixture
def lab(tmp_path):
    """A running server with a data directory of its own, and clients whose answers are all checked."""
    with Lab(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all tests of a module, which keep out of each other's way."""
    with Lab(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture
def refused():
    """Checks that a call is refused with a code, and returns the error as it was answered."""

    def check(code, call, *arguments, status=400, **parameters):
        with pytest.raises(ClientError) as raised:
            call(*arguments, **parameters)
        response = raised.value.response
        told = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
        assert told == (code, status), response["Error"]["Message"]
        assert response["Error"]["Message"], "an error says why"
        return response["Error"]

    return check


@pytest.fixture
def whole_module(request):
    """Skips a test that judges what all tests of its module did, if only some of them were chosen."""
    config = request.config
    chosen = config.getoption("keyword") or config.getoption("lf", False) or any("::" in path for path in config.args)
    if chosen:
        pytest.skip("only some tests of the module were chosen")
