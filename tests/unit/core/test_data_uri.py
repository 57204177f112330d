import pytest

from mlestate.core import data_uri, ids
from mlestate.core.errors import Invalid

WORKSPACE = ids.parse(
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)


@pytest.mark.parametrize(
    "uri",
    [
        "azureml://datastores/blobs/paths/a/b.csv",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/blobs/paths/a/b.csv",
        "azureml://subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices"
        "/workspaces/w/datastores/blobs/paths/a/b.csv",
    ],
)
def test_every_form_of_a_datastore_path_is_one_place(uri: str):
    place = data_uri.read(uri, WORKSPACE)
    assert place == data_uri.OnDatastore(WORKSPACE.child("datastores", "blobs"), "a/b.csv")
    assert data_uri.read(data_uri.write(place), WORKSPACE) == place


@pytest.mark.parametrize(
    "uri",
    [
        "https://acct.blob.core.windows.net/box/a%20b/c",
        "https://localhost:8443/_blob/acct.blob.core.windows.net/box/a%20b/c?sig=x",
        "wasbs://box@acct.blob.core.windows.net/a%20b/c",
    ],
)
def test_every_form_of_a_blob_address_is_one_place(uri: str):
    assert data_uri.read(uri, WORKSPACE) == data_uri.InContainer("acct", "box", "a b/c")


def test_other_schemes_are_refused_with_the_right_form():
    with pytest.raises(Invalid, match="azureml://datastores"):
        data_uri.read("s3://bucket/key", WORKSPACE)
