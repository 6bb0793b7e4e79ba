"""The sample organisation: made once, by its people, through the verbs that everybody uses."""
