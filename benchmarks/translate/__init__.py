"""Measures translation side by side with what one would use instead. See docs/benchmarks.md.

python -m benchmarks.translate [--json] [--only PART,PART] [--soak SECONDS]
"""
