"""The rules of names, from Azure's resource-name-rules and what its clients send."""

from __future__ import annotations

from ..core.conventions import KINDS
from ..core.resource_type import NameRule

GUID_PATTERN = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

GUID = NameRule(GUID_PATTERN, "it must be a GUID")
SUBSCRIPTION = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", "a GUID, or 1 to 64 letters, digits and hyphens"
)
GROUP = NameRule(
    r"[\w().-]{0,89}[\w()-]", "1 to 90 letters, digits and `_-.()`, no point at the end"
)
STORAGE = NameRule(r"[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits")
VAULT = NameRule(
    r"[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "3 to 24 letters, digits and single hyphens, a letter first, no hyphen last",
)
INSIGHTS = NameRule(
    r"[^%&\\?/]{0,259}[^%&\\?/ .]", r"1 to 260 characters but `%&\?/`, no point or blank last"
)
LOGS = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]", "4 to 63 letters, digits and inner hyphens"
)
IMAGES = NameRule(r"[A-Za-z0-9]{5,50}", "5 to 50 letters and digits")
WORKSPACE = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}", "3 to 33 letters, digits, `-` and `_`, no sign first"
)
CLUSTER = NameRule(
    r"[A-Za-z](?:[A-Za-z0-9-]{1,30}[A-Za-z0-9])",
    "3 to 32 letters, digits and hyphens, a letter first",
)
DATASTORE = NameRule(r"[a-z0-9_]{1,255}", "1 to 255 lower-case letters, digits and `_`")
CONTAINER = NameRule(
    r"\$root|\$logs|[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]",
    "3 to 63 lower-case letters, digits and single inner hyphens",
)
LOCK = NameRule(
    r"[A-Za-z0-9._()-]{0,89}[A-Za-z0-9_()-]",
    "1 to 90 letters, digits and `._-()`, no point at the end",
)
CONNECTION = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}", "3 to 33 letters, digits, `-` and `_`, no sign first"
)
ASSET = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", "1 to 255 letters, digits and `._-`, no sign first"
)
VERSION = NameRule(
    r"(?!(?:latest|azureml_default)$)[A-Za-z0-9][A-Za-z0-9._-]{0,254}",
    "1 to 255 letters, digits and `._-`, no sign first; `latest` and `azureml_default` are labels",
)
JOB = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", "1 to 255 letters, digits, `-` and `_`, no sign first"
)
POLICY_ASSIGNMENT = NameRule(r"[A-Za-z0-9_-]{1,200}", "1 to 200 letters, digits, `-` and `_`")
THE_ONE = NameRule("default", "there is one, `default`")
CONVENTION = NameRule("|".join(KINDS), f"it is one of {', '.join(KINDS)}")
