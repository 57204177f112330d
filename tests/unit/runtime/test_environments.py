import pytest

from mlestate.core.errors import Invalid
from mlestate.runtime import curated
from mlestate.runtime.environments import Recipe, recipe
from mlestate.runtime.protocol import EnvironmentSpec

WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)


@pytest.mark.parametrize(
    "reference",
    [
        "sklearn-1.5",
        "sklearn-1.5:3",
        "azureml:sklearn-1.5@latest",
        "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "azureml://registries/azureml/environments/sklearn-1.5/versions/12",
        "azureml://registries/azureml/environments/sklearn-1.5",
        f"{WORKSPACE}/environments/sklearn-1.5/versions/1",
        "mcr.microsoft.com/azureml/curated/sklearn-1.5:12",
        "mcr.microsoft.com/azureml/curated/sklearn-1.5@sha256:abc",
    ],
)
def test_a_curated_environment_is_found_in_all_its_spellings(reference: str) -> None:
    found = curated.find(reference)
    assert found is not None
    assert "scikit-learn==1.5.*" in found.requirements


def test_azures_long_names_find_the_short_ones() -> None:
    found = curated.find("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33")
    assert found is not None
    assert found.note


@pytest.mark.parametrize("name", ["", "sklearn-1.50", "mine", "sklearn"])
def test_other_names_are_not_curated(name: str) -> None:
    assert curated.find(name) is None


def test_names_are_in_the_table_once() -> None:
    names = [name for one in curated.table().curated for name in one.names]
    assert len(names) == len(set(names))
    assert names == [name.lower() for name in names]


def test_a_conda_file_decides_before_the_image() -> None:
    spec = EnvironmentSpec(image="mcr.microsoft.com/azureml/base", conda_file="dependencies: [six]")
    found = recipe(spec)
    assert found.requirements == ("six",)
    assert "base" in found.warnings[0]


def test_an_unknown_image_gets_the_base_environment_and_a_warning() -> None:
    found = recipe(EnvironmentSpec(image="contoso/own:1"))
    assert found.requirements == curated.base()
    assert "contoso/own:1" in found.warnings[0]


@pytest.mark.parametrize(
    "line",
    [
        "-r /etc/passwd",
        "--requirement=x",
        "-e .",
        "./local",
        "/root/x.whl",
        "x @ file:///etc/x.whl",
        "x @ ./x.whl",
        "git+https://example.org/x",
        "x @ git+ssh://example.org/x",
        "--find-links /root",
        "six\n-r /etc/passwd",
        "--config-settings=a",
    ],
)
def test_a_requirement_that_reaches_into_the_machine_is_refused(line: str) -> None:
    with pytest.raises(Invalid, match="not allowed"):
        recipe(EnvironmentSpec(requirements=(line,)))


def test_a_wheel_by_https_and_an_index_are_allowed() -> None:
    lines = (
        "--extra-index-url https://example.org/simple",
        "x @ https://example.org/x-1.whl",
        "a>=1",
    )
    assert recipe(EnvironmentSpec(requirements=lines)).requirements == lines


def test_the_same_needs_have_the_same_digest_in_any_order() -> None:
    assert Recipe(("a", "b")).digest("p") == Recipe(("b", "a", "a")).digest("p")
    assert Recipe(("a",)).digest("p") != Recipe(("a",)).digest("q")
    assert Recipe(("a",)).digest("p") != Recipe(("a==1",)).digest("p")
