"""Adapters to the libraries that run translation models; each imports its library when it loads."""
