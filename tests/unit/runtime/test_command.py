import pytest

from mlestate.core.errors import Invalid
from mlestate.runtime.command import resolve, variables


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
