"""Properties are tried on busy machines: an example that takes long there is no fault."""

from hypothesis import settings

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")
