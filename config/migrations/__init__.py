"""The history of the tables.

Revisions see the tables of every package, so they live at the top of the house; `core` only knows how to run SQL.
"""
