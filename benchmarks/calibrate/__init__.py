"""Fits translation/data/calibration.toml, the meaning of a translation's confidence, to the models installed."""
