"""`madoguchi …`: one module for each group of commands.

Answers go to stdout (`--json`: one document, or a line for each result), everything else to stderr. An error is one
sentence that says what to do, and the exit status is not zero.
"""

from __future__ import annotations

import os
import sys

import click

from config.commands.chat import ask
from config.commands.forms import forms
from config.commands.glossary import glossary
from config.commands.knowledge import knowledge
from config.commands.language import detect, translate
from config.commands.memory import memory
from config.commands.menus import menus
from config.commands.models import models
from config.commands.relays import relay_simulator
from config.commands.safety import safety
from config.commands.service import db, demo, serve, show_settings, users
from config.commands.sources import rtms_simulator, send
from config.commands.speech import caption, transcribe
from core.errors import AppError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="madoguchi")
def cli() -> None:
    """The city-hall counter for foreign residents, on the city's own machine."""


for command in (
    demo,
    serve,
    ask,
    knowledge,
    safety,
    detect,
    translate,
    models,
    memory,
    glossary,
    forms,
    menus,
    transcribe,
    caption,
    send,
    relay_simulator,
    rtms_simulator,
    users,
    db,
    show_settings,
):
    cli.add_command(command)


def main() -> None:
    """The console script."""
    # Before numpy is loaded: a question's 9,000 dot products take 1 ms on one core, and 8 ms of work on two.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        cli(standalone_mode=False)
    except AppError as error:
        click.echo(f"madoguchi: {error}", err=True)
        sys.exit(1)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"madoguchi: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
