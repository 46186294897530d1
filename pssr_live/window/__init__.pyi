from .app import WindowApp as WindowApp
from .choice import Choice as Choice
from .loop import run_window as run_window
from .settings import no_settings as no_settings

__all__ = ["Choice", "WindowApp", "no_settings", "run_window"]
