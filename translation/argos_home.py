"""The packages that Argos's own tools (argospm, LibreTranslate) installed for this user.

The one use of `argostranslate` outside benchmarks: it knows where its packages are. Importing it creates its folders
in the user's home, so it is imported only when an operator asks for them.
"""

from __future__ import annotations

from pathlib import Path


def installed_packages() -> list[Path]:
    """The folders of all installed translation packages."""
    import argostranslate.package  # noqa: PLC0415 -- creates folders when imported

    packages = argostranslate.package.get_installed_packages()
    return sorted(Path(package.package_path) for package in packages if package.type == "translate")
