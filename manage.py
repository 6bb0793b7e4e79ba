#!/usr/bin/env python
"""Run a management command of Aegis."""

import os
import sys

from django.core.management import execute_from_command_line

from aegis.embedded import ensure

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aegis.settings.local")
    with ensure.for_command(sys.argv):
        execute_from_command_line(sys.argv)
