import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core.errors import Invalid
from mlestate.runtime.command import address, file_name, resolve, variables

ODD = [
    "d;cd outputs;id>pwned;echo HACKED;#.csv",
    "a b.csv",
    "$(id).csv",
    "`id`",
    "it's",
    'say "x"',
    "two\nlines",
    "-rf",
    "*",
    "[a-z]?",
    "{a,b}",
    "~root",
    "back\\slash",
    "a&b|c<d>e(f)!g",
    "\u2028\u3000\x85",
]


def test_inputs_and_outputs_become_paths() -> None:
    command = "train --d ${{inputs.data}} --r ${{ inputs.rate }} --o ${{outputs.model}}"
    done = resolve(command, {"data": "/i/data", "rate": "0.1"}, {"model": "/o/model"})
    assert done == "train --d /i/data --r 0.1 --o /o/model"


def test_an_optional_part_is_there_only_with_its_input() -> None:
    command = "train $[[--a ${{inputs.a}}]] $[[--b ${{inputs.b}}]]"
    assert resolve(command, {"a": "1"}, {}) == "train --a 1 "


def test_every_unknown_expression_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        resolve("x ${{inputs.a}} ${{search_space.b}} ${{outputs.c}}", {}, {})
    for name in ("inputs.a", "search_space.b", "outputs.c"):
        assert name in str(refused.value)


def test_a_value_is_not_resolved_again() -> None:
    done = resolve("${{inputs.a}}", {"a": "${{inputs.b}} $HOME", "b": "x"}, {})
    assert done == "${{inputs.b}} $HOME"


def test_the_shells_own_words_stay() -> None:
    command = "if [[ -f x ]]; then echo ${HOME} $((1+1)); fi"
    assert resolve(command, {}, {}) == command


def test_paths_are_handed_over_as_variables_too() -> None:
    assert variables({"a": "1"}, {"b": "2"}) == {"AZURE_ML_INPUT_a": "1", "AZURE_ML_OUTPUT_b": "2"}


@pytest.mark.parametrize(
    "name", ["data.csv", "part-0001=x+y@z.parquet", "größe_数据.csv", "100%", ".x"]
)
def test_an_ordinary_file_keeps_its_name(name: str) -> None:
    assert file_name(name) == name


def test_an_ordinary_address_stays_as_it_is() -> None:
    for uri in (
        "azureml:sales:1",
        "azureml://datastores/d/paths/a/b-c.csv",
        "https://a.blob.x:1/c/b",
    ):
        assert address(uri) == uri


def test_an_odd_name_keeps_its_ending() -> None:
    assert file_name(ODD[0]) == "d_cd_outputs_id_pwned_echo_HACKED__.csv"
    assert file_name("-rf.csv") == "_rf.csv"
    assert address("azureml://d/paths/a b;c.csv") == "azureml://d/paths/a%20b%3Bc.csv"


@pytest.mark.parametrize("name", ODD)
def test_what_others_named_is_one_word_to_the_shell(name: str) -> None:
    for word in (file_name(name), address(name)):
        command = "printf '%s\\n' {0} \"{0}\" '{0}' x={0} a{0}b".format("${{inputs.x}}")
        said = subprocess.run(
            ["/bin/bash", "-c", resolve(command, {"x": word}, {})],
            capture_output=True,
            check=True,
            text=True,
        )
        assert said.stdout.splitlines() == [word, word, word, f"x={word}", f"a{word}b"]


@given(st.text(min_size=1))
def test_nothing_that_a_shell_reads_is_left_of_any_name(name: str) -> None:
    left = set(file_name(name) + address(name)) - set("/")
    assert not left & set(" \t\n\r\0;&|<>()$`\\\"'*?[]{}!#~^,")
