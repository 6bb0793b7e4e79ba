"""What the pages answer: fetch, form, verb, redirect."""
