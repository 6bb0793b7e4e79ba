"""Tests with PyTorch and transformers, which `make test-torch` installs and runs."""
