"""Fitting how sure the knowledge base may be."""
