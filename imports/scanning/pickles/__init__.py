"""Pickles, read opcode by opcode and never loaded.

Formats that hold pickles inside (object arrays of NumPy) call
``imports.scanning.pickles.examining.examine_pickle(source, scan) -> Examination``
with a source that is the pickle (see ``imports.scanning.sources.part_of``).
"""
