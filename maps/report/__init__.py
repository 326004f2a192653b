"""The report of a plan: one HTML file that people print."""

from maps.report.page import report, write_report

__all__ = ["report", "write_report"]
