"""Roles for some time: who is eligible, the terms, what was asked and decided, and emergencies."""

from .activations import Activations as Activations
from .approvals import Approvals as Approvals
from .approvals import Stages as Stages
from .eligibilities import Eligibilities as Eligibilities
from .glass import BreakGlass as BreakGlass
from .held import HeldForATime as HeldForATime
from .policies import Policies as Policies
from .policies import PolicyAssignments as PolicyAssignments
