"""Azure's rules of tags."""

from mlestate.core import tags


def test_tags_within_the_rules_have_no_fault():
    assert tags.faults({f"tag{i}": "v" * 256 for i in range(50)}) == []
    assert tags.faults({"n" * 512: ""}) == []


def test_every_fault_is_told_with_its_place():
    found = dict(tags.faults({"a/b": "x", "owner": "y" * 257, "Owner": "z", " ": ""}))
    assert set(found) == {"$.tags.a/b", "$.tags.owner", "$.tags.Owner", "$.tags. "}
    assert found["$.tags.Owner"] == "is the same name as `owner`: case does not count"


def test_a_resource_has_fifty_tags_at_most():
    assert tags.faults({f"t{i}": "" for i in range(51)}) == [
        ("$.tags", "has 51 tags: a resource may have 50")
    ]


def test_some_types_take_shorter_names():
    assert tags.faults({"n" * 129: ""}) == []
    assert len(tags.faults({"n" * 129: ""}, longest_name=128)) == 1
