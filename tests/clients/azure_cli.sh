#!/usr/bin/env bash
# The Azure CLI as it is, against an estate that is up. Wants ORIGIN, TENANT, CLIENT and SECRET (of
# who owns the estate), PERSON (somebody's principal name), and the CA bundle and a folder for the
# CLI's settings in REQUESTS_CA_BUNDLE and AZURE_CONFIG_DIR.
set -euo pipefail

# What a command must print, with the command behind it.
shows() {
  local wanted=$1 got
  shift
  got=$("$@" 2>&1) || true
  [ "$got" = "$wanted" ] || fail "$wanted" "$got" "$@"
}
# What must be somewhere in what it prints, on whichever channel, and however it ends.
says() {
  local wanted=$1 got
  shift
  got=$("$@" 2>&1) || true
  [[ $got == *"$wanted"* ]] || fail "…$wanted…" "$got" "$@"
}
fail() { printf 'wanted: %s\ngot: %s\nfrom: %s\n' "$1" "$2" "${*:3}" >&2; exit 1; }

export AZURE_CORE_OUTPUT=tsv AZURE_CORE_ONLY_SHOW_ERRORS=true
. "$(dirname "$0")/azure_cli_login.sh"
shows $'nonprod\nprod' az account list --query "sort([].name)"
subscription=$(az account show --query id)

# Groups
scope=/subscriptions/$subscription/resourceGroups/rg-by-az
shows Succeeded az group create -n rg-by-az -l westeurope --tags owner=az \
  --query properties.provisioningState
shows true az group exists -n rg-by-az
shows rg-by-az az group list --tag owner=az --query "[].name"
shows $'az\n1' az group update -n rg-by-az --set tags.cost=1 --query "[tags.owner, tags.cost]"

# Roles
az role assignment create --assignee "$PERSON" --role Reader --scope "$scope" >/dev/null
az role assignment create --assignee release-bot --role Reader --scope "$scope" >/dev/null
shows $'ana@mlestate.local\t'"$scope" az role assignment list --assignee "$PERSON" -g rg-by-az \
  --query "[].[principalName, scope]"
az role assignment delete --assignee "$PERSON" --role Reader -g rg-by-az
shows release-bot az role assignment list -g rg-by-az --query "[].principalName"
reader=acdd72a7-3385-48ef-bd42-f606fba81ae7
definitions=/providers/Microsoft.Authorization/roleDefinitions
shows "/subscriptions/$subscription$definitions/$reader" az role definition list --name Reader \
  --query "[].id"
# By name or by id, however it was given: the CLI compares ids letter by letter.
found_by() {
  shows $'Reader\tana@mlestate.local' az role assignment list --assignee "$PERSON" --role "$1" \
    --scope "$scope" --query "[].[roleDefinitionName, principalName]"
}
taken_back_by() {
  az role assignment delete --assignee "$PERSON" --role "$1" --scope "$scope"
  shows "" az role assignment list --assignee "$PERSON" --scope "$scope"
}
az role assignment create --assignee "$PERSON" --role Reader --scope "$scope" >/dev/null
found_by "$reader"
taken_back_by "$reader"
az role assignment create --assignee "$PERSON" --role "$reader" --scope "$scope" >/dev/null
found_by Reader
taken_back_by Reader
ana=$(az ad user show --id "$PERSON" --query id)
az rest --method put -o none --body \
  "{\"properties\": {\"principalId\": \"$ana\", \"roleDefinitionId\": \"$definitions/$reader\"}}" --url \
  "$scope/providers/Microsoft.Authorization/roleAssignments/$reader?api-version=2022-04-01"
found_by Reader
found_by "$reader"
taken_back_by "$reader"
# What holds from above, too; and above all subscriptions a role has one id.
above=/providers/Microsoft.Management/managementGroups/estate
az role assignment create --assignee "$PERSON" --role Reader --scope "$above" >/dev/null
shows "Reader"$'\t'"$above" az role assignment list --assignee "$PERSON" --role "$reader" \
  -g rg-by-az --include-inherited --query "[].[roleDefinitionName, scope]"
shows "$definitions/$reader" az role assignment list --assignee "$PERSON" --role Reader \
  --scope "$above" --query "[].roleDefinitionId"
az role assignment delete --assignee "$PERSON" --role Reader --scope "$above"
role=$(mktemp)
cat > "$role" <<JSON
{"Name": "Cost looker", "Description": "Reads costs", "Actions": ["Microsoft.CostManagement/*/read"],
 "AssignableScopes": ["$scope"]}
JSON
shows "Cost looker" az role definition create --role-definition "@$role" --query properties.roleName
sed -i 's/Reads costs/Reads what things cost/' "$role"
shows "Reads what things cost" az role definition update --role-definition "@$role" \
  --query properties.description
shows "Cost looker" az role definition list --name "Cost looker" -g rg-by-az \
  --query "[].properties.roleName"
cost=$(az role definition list --name "Cost looker" -g rg-by-az --query "[].id")
shows "Cost looker" az role definition show --id "$cost" --query properties.roleName
az role assignment create --assignee "$PERSON" --role "Cost looker" --scope "$scope" >/dev/null
shows ana@mlestate.local az role assignment list --role "${cost##*/}" -g rg-by-az \
  --query "[].principalName"
az role assignment delete --role "${cost##*/}" -g rg-by-az
az role definition delete --name "Cost looker"
shows "" az role definition list --name "Cost looker" -g rg-by-az
says "a built-in role cannot be deleted" az role definition delete --name Reader
rm "$role"

# Resources, whatever their types
shows $'appi-fraud-dev\nmlw-fraud-dev' az resource list -g rg-fraud-dev \
  --query "[?ends_with(name, 'fraud-dev')].name"
workspace=$(az resource show -g rg-fraud-dev -n mlw-fraud-dev \
  --resource-type Microsoft.MachineLearningServices/workspaces --query id)
az resource tag --ids "$workspace" -i --tags reviewed=yes >/dev/null
shows mlw-fraud-dev az resource list --tag reviewed=yes --query "[].name"

# Who did what
says resourceGroups/write az monitor activity-log list -g rg-by-az --offset 1h \
  --query "[].operationName.value"
shows rg-by-az az rest --url "$scope?api-version=2021-04-01" --query name

# Locks, and the end
az lock create -n keep -t CanNotDelete -g rg-by-az >/dev/null
says "(ScopeLocked)" az group delete -n rg-by-az -y
az lock delete -n keep -g rg-by-az
az group delete -n rg-by-az -y
shows false az group exists -n rg-by-az
