"""Resource providers as clients ask for them: made of the catalog."""

from __future__ import annotations

import re

from mlestate.catalog import CATALOG, namespaces


def test_every_namespace_is_offered_with_all_of_its_types():
    for name in namespaces.names().values():
        shown = namespaces.document("/subscriptions/s", name, ["West Europe"])
        types = {one["resourceType"] for one in shown["resourceTypes"]}
        assert types >= {kind.name.partition("/")[2] for kind in CATALOG if kind.namespace == name}
        assert shown["registrationState"] == "Registered"


def test_azures_own_namespaces_have_versions_the_newest_first():
    for name in namespaces.names().values():
        known = namespaces.versions(name)
        assert list(known) == sorted(known, reverse=True)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", one) for one in known)
        # A client takes the first that is no preview.
        assert not known[0].endswith("preview")
        assert name.startswith("Mlestate.") == (known == (namespaces.OWN_VERSION,))


def test_only_what_has_a_location_has_places():
    for name in namespaces.names().values():
        for one in namespaces.document("", name, ["West Europe"])["resourceTypes"]:
            kind = next((k for k in CATALOG if k.name == f"{name}/{one['resourceType']}"), None)
            assert bool(one["locations"]) == (kind is not None and kind.tracked)
