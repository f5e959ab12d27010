"""A run's report in four forms: for a terminal, as JUnit XML, as JSON, and as one page of HTML."""

from __future__ import annotations
