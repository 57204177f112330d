import pytest

from mlestate.core.errors import Invalid
from mlestate.runtime.conda import parse


def dependencies(*lines: str) -> str:
    return "dependencies:\n" + "".join(f"- {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "requirement"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.4 py311h_0", "numpy==1.26.4"),
        ("numpy=1.26.4=py311h_0", "numpy==1.26.4"),
        ("numpy 1.26*", "numpy==1.26.*"),
        ("numpy>=1.20,<2", "numpy>=1.20,<2"),
        ("numpy >=1.20, !=1.21", "numpy>=1.20,!=1.21"),
        ("numpy=*", "numpy"),
        ("conda-forge::numpy=1.26", "numpy==1.26.*"),
        ("conda-forge/linux-64::numpy", "numpy"),
        ("\"numpy[version='>=1.20']\"", "numpy>=1.20"),
        ("pytorch=2.1", "torch==2.1.*"),
        ("msgpack-python", "msgpack"),
        ("pytables", "tables"),
        ("NumPy", "numpy"),
    ],
)
def test_a_conda_specification_becomes_a_requirement(line: str, requirement: str) -> None:
    assert parse(dependencies(line)).requirements == (requirement,)


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("python=3.10", "3.10"),
        ("python==3.11.4", "3.11"),
        ("python 3.9.*", "3.9"),
        ("python=3.8=h1_cpython", "3.8"),
        ("python>=3.8", ""),
        ("python", ""),
    ],
)
def test_python_selects_an_interpreter(line: str, python: str) -> None:
    assert parse(dependencies(line)).python == python


def test_pip_lines_go_through_unchanged() -> None:
    text = "dependencies:\n- pip: [mlflow==3.15, 'x[extra]>=1; python_version<\"4\"']\n"
    assert parse(text).requirements == ("mlflow==3.15", 'x[extra]>=1; python_version<"4"')


def test_what_is_no_python_package_is_left_out_with_a_warning() -> None:
    found = parse(dependencies("cudatoolkit=11", "openmpi", "six"))
    assert found.requirements == ("six",)
    assert len(found.warnings) == 2
    assert "cudatoolkit" in found.warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- just\n- a list",
        "dependencies: numpy",
        "dependencies:\n- npm:\n  - x\n",
        "dependencies:\n- pip: six\n",
        "dependencies:\n- 'a b c d; e'\n",
        "dependencies:\n- 3\n",
        "dependencies:\n- 'numpy 1.2|1.3'\n",
        "dependencies:\n- 2020-13-99\n",
        "dependencies: " + "[" * 5000,
        "dependencies:\n- pip: [3]\n",
        f"dependencies:\n- x{' ' * 100_000}x\n",
    ],
)
def test_what_is_no_environment_file_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert "\n" not in str(refused.value)


def test_a_file_without_dependencies_needs_nothing() -> None:
    assert parse("name: empty").requirements == ()


def test_a_file_that_grows_when_it_is_written_out_is_refused() -> None:
    layers = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12)]
    text = "l0: &l0 [x]\n" + "".join(layers) + "dependencies:\n- pip:\n  - *l11\n"
    with pytest.raises(Invalid):
        parse(text)
