"""Names that people choose, by patterns."""

from __future__ import annotations

import pytest

from mlestate.core import naming
from mlestate.core.name_pattern import Place, corrected, follows

HERE = Place(
    {"project": ("fraud",), "division": ("claims",), "environment": ("dev",), "user": ("Ana",)},
    "20261123",
)
MODEL, DATASTORE, CLUSTER = (naming.kind(key) for key in ("model", "datastore", "compute"))


@pytest.mark.parametrize(
    ("pattern", "name", "better"),
    [
        ("{project}-{words}", "Fraud_Model v2", "fraud-model-v2"),
        ("{project}-{words}", "Churn", "fraud-churn"),
        ("{project}-{words}", "FraudModel", "fraud-model"),
        ("{project}-{words}", "fraud", "fraud-model"),
        ("{project}-{words}", "模型", "fraud-model"),
        ("{words}", "Überprüfung", "uberprufung"),
        ("{project}-{words}-{environment}", "scorer dev", "fraud-scorer-dev"),
        ("{project}-{words}-{nn}", "scorer 07", "fraud-scorer-07"),
        ("{project}-{words}-{n}", "scorer", "fraud-scorer-1"),
        ("{user}-{date}-{words}", "try", "ana-20261123-try"),
        ("{user}-{date}-{words}", "try 20250102", "ana-20250102-try"),
        # The workspace has no team: any words will do.
        ("{team}-{words}", "Scorer of claims", "scorer-of-claims"),
        ("{project}-{words}_{words}", "a b c", "fraud-a_b-c"),
    ],
)
def test_a_name_is_corrected_by_the_pattern(pattern: str, name: str, better: str):
    assert not follows(MODEL, pattern, name, HERE)
    assert corrected(MODEL, pattern, name, HERE) == better
    assert follows(MODEL, pattern, better, HERE)


def test_several_projects_may_share_a_workspace():
    shared = Place({"project": ("fraud", "claims-triage")})
    assert follows(MODEL, "{project}-{words}", "claims-triage-scorer", shared)
    assert follows(MODEL, "{project}-{words}", "fraud-scorer", shared)
    assert not follows(MODEL, "{project}-{words}", "churn-scorer", shared)
    assert corrected(MODEL, "{project}-{words}", "Scorer", shared) == "fraud-scorer"
    found = corrected(MODEL, "{project}-{words}", "Scorer of Claims Triage", shared)
    assert found == "claims-triage-scorer-of"


def test_datastores_are_written_with_underscores():
    place = Place({"project": ("claims-fraud",)})
    assert follows(DATASTORE, "{project}_{words}", "claims_fraud_raw_data", place)
    assert corrected(DATASTORE, "{project}_{words}", "Raw-Data", place) == "claims_fraud_raw_data"


def test_what_azure_asks_of_a_name_is_kept():
    assert corrected(CLUSTER, "{words}", "2 gpu", HERE) == "cluster-2-gpu"
    assert corrected(CLUSTER, "{words}", "x", HERE) == "cluster-x"
    assert corrected(MODEL, "{project}-{words}", "a" * 300, HERE) == f"fraud-{'a' * 249}"


def test_where_no_name_is_good_none_is_proposed():
    long = Place({"project": ("p" * 40,)})
    assert corrected(CLUSTER, "{project}-{words}", "gpu", long) is None
