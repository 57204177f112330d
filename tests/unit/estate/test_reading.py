"""What cannot be read is said in words that mend it, at the place where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlestate.app.estate_file import texts
from mlestate.core.errors import Invalid
from mlestate.estate.load import load
from tests.estates import broken, small


def faults(text: str, included: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(Invalid) as caught:
        load(text, "e.yaml", included)
    return [str(detail) for detail in caught.value.details]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("\tx: 1", "e.yaml:3:1: this is not YAML: a tab stands here: indent with blanks"),
        (
            "include: *.yaml",
            "e.yaml:3:11: this is not YAML: a text that begins with `*` needs quotes,"
            ' such as `"*.yaml"`',
        ),
        (
            "---\nb: 1",
            "e.yaml:3:1: this is not YAML: `---` begins a second document: a file has one",
        ),
    ],
)
def test_what_is_not_yaml_is_said_with_what_to_write(more: str, fault: str):
    assert faults(broken(("id: small", f"id: small\n{more}"))) == [fault]


def test_quotes_are_shown_where_they_are_the_fault():
    text = broken(("schema: 1", 'schema: "1"'), ("max: 2", 'max: "2"'))
    assert faults(text) == [
        'e.yaml:1:9: `"1"` is not known here: write `1`',
        'e.yaml:11:50: `"2"` is not a whole number: leave out the quotes',
    ]


def test_what_is_missing_is_missing_in_the_file():
    assert faults(broken(("id: small\n", ""))) == ["e.yaml:1:1: `id` is missing in the file"]


def test_a_mapping_left_empty_is_told_how_to_say_so():
    text = broken(("fraud: {members: {scientist: science, engineer: bot}}", "fraud:"))
    assert faults(text) == [
        "e.yaml:31:13: nothing is not a mapping of keys to values: write `{}` for an empty one"
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "    owner: science",
            "    owner: science\n    computes: {}",
            "unknown key `computes`; it is a key of `divisions.claims.overrides.ENVIRONMENT`",
        ),
        (
            "fraud: {",
            "fraud: {workspacePer: team, ",
            "unknown key `workspacePer`; it is a key of `divisions.claims`",
        ),
        ("id: small", "id: small\nlive: []", "unknown key `live`; it is a key of `defaults`"),
    ],
)
def test_a_key_in_the_wrong_layer_is_told_its_own(old: str, new: str, fault: str):
    (found,) = faults(broken((old, new)))
    assert found.endswith(fault)


def test_a_team_nobody_declared_is_to_be_declared():
    (found,) = faults(broken(("fraud: {", "fraud: {team: variants, ")))
    assert found.endswith("unknown team `variants`; there is no team yet: declare it first")


def test_an_included_file_is_not_told_to_be_an_estate():
    assert faults(broken(), {"a.yaml": "# nothing yet\n"}) == [
        "a.yaml:1:1: the file is empty: write what it adds to the estate, or include it no more"
    ]
    assert faults(broken(), {"b.yaml": "- a\n"}) == [
        "b.yaml:1:1: an included file is a mapping of keys to values, as the estate's own is"
    ]


def test_an_include_in_an_included_file_is_one_fault():
    text = broken(("id: small", "id: small\ninclude: [a.yaml]"))
    assert faults(text, {"a.yaml": "include: b.yaml\n"}) == [
        "a.yaml:1:1: an included file includes nothing: name it in the estate's own file"
    ]


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("team/*.yaml", "names no file; did you mean `teams/a.yaml`?"),
        ("../x.yaml", "leaves the estate's folder: name files below it"),
        ('""', "names no file; there is `e.yaml`, `teams/a.yaml`"),
    ],
)
def test_an_include_that_names_nothing_says_where_it_stands(
    tmp_path: Path, pattern: str, fault: str
):
    main, part = tmp_path / "e.yaml", tmp_path / "teams" / "a.yaml"
    part.parent.mkdir()
    part.write_text("people: {}\n")
    main.write_text(f"schema: 1\ninclude: [{pattern}]\n")
    with pytest.raises(Invalid) as caught:
        texts(main)
    said = pattern.strip('"')
    assert str(caught.value) == f"{main}:2:11: `include: {said}` {fault}"


def test_one_cause_is_told_once_with_a_count():
    text = broken(
        ("require: [costcenter, owner]", "require: [stage]"),
        ("      fraud:", "      churn: {}\n      triage: {}\n      fraud:"),
    )
    (found,) = faults(text)
    assert "the required tag `stage` has no value for `churn`" in found
    assert found.endswith("(and 2 more of the same cause)")


def test_a_constant_name_is_told_once():
    text = broken(
        ("tags: {require", "naming: {global: always}\ntags: {require"),
        ("      fraud:", "      churn: {}\n      triage: {}\n      fraud:"),
    )
    (found,) = [each for each in faults(text) if "both be called `always`" in each]
    assert found.endswith("of the same cause)")


def test_a_size_that_an_environment_leaves_out_is_no_fault_of_a_projects_override():
    own = ("fraud: {", "fraud: {overrides: {dev: {computes: {cpu: {max: 8}}}}, ")
    text = broken(("size: Standard_DS3_v2, ", ""), own)
    assert faults(text) == ["e.yaml:11:16: cluster `cpu` has no `size`: give it here"]


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("? [ana, eve]\n  : {name: Ana}", "a list stands where a key is to be: a key is one"),
        ("? {ana: eve}\n  : {name: Ana}", "a mapping stands where a key is to be: a key is one"),
        ("'': {name: Ana}", "there is nothing before the `:`: write a key there"),
        ("?\n  : {name: Ana}", "there is nothing before the `:`: write a key there"),
    ],
)
def test_what_is_no_key_is_one_fault_in_its_place(key: str, fault: str):
    [said] = faults(broken(("people:\n", f"people:\n  {key}\n")))
    assert said.startswith(f"e.yaml:21:{3 + (key[0] == '?') + (key[1] == ' ')}: {fault}")


GLASS = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: []}}")


@pytest.mark.parametrize("nobody", ["[]", ""])
@pytest.mark.parametrize(
    ("part", "path", "instead"),
    [
        (
            "denials: {freeze: {at: one, actions: '*/write', to: NOBODY}}",
            "denials.freeze.to",
            "name somebody, take the denial out, or leave `to` out to deny it to everyone",
        ),
        (
            "assignments: {audit: {role: Reader, at: one, to: NOBODY}}",
            "assignments.audit.to",
            "name somebody, or take the assignment out",
        ),
    ],
)
def test_a_list_of_people_that_is_left_empty_says_what_to_write(
    part: str, path: str, instead: str, nobody: str
):
    text = broken(("people:\n", f"{part.replace('NOBODY', nobody)}\npeople:\n"))
    with pytest.raises(Invalid) as caught:
        load(text)
    [fault] = caught.value.details
    assert fault.target == path
    assert str(fault).endswith(f": `to` names nobody: {instead}")


def test_an_approval_by_nobody_is_no_approval_that_was_left_out():
    with pytest.raises(Invalid) as caught:
        load(broken(("prod: [mlops,", "prod: [{eligible: mlops, approvers: []},")))
    [fault] = caught.value.details
    assert "`approvers` names nobody: name somebody, or leave `approvers` out where" in str(fault)
    assert fault.target == "roles.engineer.prod.0.approvers"
    # That nobody may break the glass somewhere is how an override takes it back.
    assert small(GLASS).environments["prod"].break_glass
