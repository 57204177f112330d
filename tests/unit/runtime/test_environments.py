import pytest

from mlestate.core.errors import Invalid
from mlestate.runtime import curated
from mlestate.runtime.environments import Recipe, recipe
from mlestate.runtime.protocol import EnvironmentSpec
from mlestate.runtime.requirement import parse

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


@pytest.mark.parametrize(
    "name",
    [
        "",
        "sklearn-1.50",
        "mine",
        "sklearn",
        "azureml://registries/evil/environments/sklearn-1.5/versions/1",
    ],
)
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
    assert found.requirements == tuple(parse(line).requirement for line in curated.base())
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
        "six\r-e /root",
        "six\x0c-e /root",
        "six\u2028-e /root",
        "folder/package",
        "x @ folder/x.whl",
        "x @ https://example.org/${UV_INDEX_PASSWORD}/x.whl",
        "x @ http://example.org/x.whl",
        "x @ https://someone:secret@example.org/x.whl",
        "x @ https://example.org/x-1.tar.gz",
        "--extra-index-url https://example.org/${UV_INDEX_PASSWORD}",
        "--extra-index-url https://example.org/simple -e /root",
        "--index-url file:///root",
        "six ; python_version < '${UV_INDEX_PASSWORD}'",
        "six --hash=sha256:ab --no-binary=six",
        "six; " + "(" * 1000,
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
    found = recipe(EnvironmentSpec(requirements=lines))
    assert found.requirements == lines[1:]
    assert found.options == ("--extra-index-url", "https://example.org/simple")


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Foo_Bar [a,b] >=1, <2", "foo-bar[a,b]<2,>=1"),
        ("six; python_version<'4'  # why", 'six; python_version < "4"'),
        ("\tsix", "six"),
        # As it stands, uv would take it for a file of its working directory.
        ("six.whl", "six-whl"),
        ("six==1 --hash=sha256:ab --hash sha512:cd", "six==1 --hash=sha256:ab --hash=sha512:cd"),
        ("x @ https://e.org/x-1.whl#sha256=ab", "x @ https://e.org/x-1.whl#sha256=ab"),
    ],
)
def test_a_requirement_is_written_anew(line: str, written: str) -> None:
    assert recipe(EnvironmentSpec(requirements=(line, "# nothing"))).requirements == (written,)


def test_a_refusal_says_in_one_line_what_to_write() -> None:
    with pytest.raises(Invalid, match=r"`six\\r-e /x` is not allowed.*`six==1\.17\.0`") as refused:
        recipe(EnvironmentSpec(conda_file='dependencies: [pip: ["six\\r-e /x"]]'))
    assert refused.value.code == "RequirementNotAllowed"
    assert str(refused.value).isprintable()


def test_the_same_needs_have_the_same_digest_in_any_order() -> None:
    assert Recipe(("a", "b")).digest("p") == Recipe(("b", "a", "a")).digest("p")
    assert Recipe(("a",)).digest("p") != Recipe(("a",)).digest("q")
    assert Recipe(("a",)).digest("p") != Recipe(("a==1",)).digest("p")
    assert Recipe(("a",)).digest("p") != Recipe(("a",), options=("--x",)).digest("p")
