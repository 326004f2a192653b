"""The rules of the independent checker, one module per part of the plan."""
