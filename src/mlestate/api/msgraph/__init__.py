"""The part of Microsoft Graph that the Azure CLI asks: who people, groups and programs are."""
