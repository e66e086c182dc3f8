"""Real clients against a real server: what every test may ask for."""

import pytest

from lab import Lab


@pytest.fixture
def lab(tmp_path):
    """A running server with a data directory of its own, and clients whose answers are all checked."""
    with Lab(tmp_path) as running:
        yield running
