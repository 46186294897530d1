from .building import PlanBuilding as PlanBuilding
from .offer import PlanWanted as PlanWanted

__all__ = ["PlanBuilding", "PlanWanted"]
