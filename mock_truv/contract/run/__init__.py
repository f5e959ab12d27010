"""Carry out one plan: the run, the integrator's host, and the line between it and Truv."""
