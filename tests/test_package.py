"""The package as a user gets it: its version, what it depends on, that it is typed."""

from importlib.metadata import requires, version
from importlib.resources import files


def test_the_version_is_one_that_docket_takes():
    assert int(version("burner-redis").split(".")[0]) >= 1


def test_redis_py_is_the_only_dependency():
    assert requires("burner-redis") == ["redis>=5.2"]


def test_it_says_that_it_is_typed():
    assert files("burner_redis").joinpath("py.typed").is_file()
