// Carries the precompiled header of cmake/pch.h.
