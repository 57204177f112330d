"""Built-in roles, to somebody who has few rights. Wants what `azure_cli.sh` wants, and a login."""

from __future__ import annotations

from azure_cli_act import HERE, az

CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
ROLE = f"/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"
UNKNOWN = "/subscriptions/99999999-9999-9999-9999-999999999999"

if __name__ == "__main__":
    for scope in ("", HERE, UNKNOWN):
        assert az(f"role definition show --id {scope}{ROLE}")["properties"]["roleName"]
    for scope in ("/", HERE, UNKNOWN, f"{HERE}/resourceGroups/rg-fraud-prod"):
        [reader] = az(f"role definition list --name Reader --scope {scope}")
        assert reader["properties"]["roleName"] == "Reader", reader
