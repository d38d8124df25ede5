"""Many exports from one plan: only what is missing or stale, several at once, anywhere.

The way of a plan::

    PLAN.toml -> Plan -> combinations -> jobs -> what is stale -> a runner -> store, report
                 plan.py product.py      prepare.py  work.py     run_local.py  store.py
                                                                 run_dask.py   report.py

A job (``jobs.py``) is a pure function of what it carries, so it does not matter which
process, or which machine, does it.
"""
