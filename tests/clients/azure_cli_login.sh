# The Azure CLI's first steps with an estate; wants what `azure_cli.sh` wants.
set -euo pipefail
az config set core.instance_discovery=false core.collect_telemetry=false \
  core.login_experience_v2=off core.only_show_errors=true auto-upgrade.enable=no
az cloud register -n mlestate --endpoint-resource-manager "$ORIGIN"
az cloud set -n mlestate
az login --service-principal -u "$CLIENT" -p "$SECRET" --tenant "$TENANT" >/dev/null
az account set -s nonprod
