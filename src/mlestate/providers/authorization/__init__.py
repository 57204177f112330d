"""Roles, who holds them, and what is denied: what must hold between them, and Azure's limits."""

from .assignments import RoleAssignments as RoleAssignments
from .definitions import RoleDefinitions as RoleDefinitions
from .denials import Denials as Denials
from .denials import DenyAssignments as DenyAssignments
from .principals import Principals as Principals
