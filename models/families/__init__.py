"""One module per family of constraints; each opens with its sets, variables and numbered constraints.

A family adds its variables and rows to the Pyomo model and registers in the :class:`~models.families.ledger.Ledger`
what it brings into and takes out of each cell, what it costs and what it emits. The balance, the objective
and the CO2 cap are summed from the ledger, so a new family touches one file.
"""
