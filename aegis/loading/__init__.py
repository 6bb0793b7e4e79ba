"""Loading a model in a process without network, and letting it predict.

What a caller needs, in the order of use:

- ``flavours.recognise(folder, path=None)`` looks at names and first bytes, runs nothing, and
  returns a ``protocol.Found``: which flavour of model it is, in which file, what has to be
  installed to load it, and where the input example lies that came with it. It raises
  ``refusals.Unrecognised``.
- ``inputs.read(file)`` returns ``Arrays``, arrays by name, from CSV, JSON, NPY, NPZ, safetensors or
  Parquet; ``inputs.example(folder, found)`` those of the example that came with the model.
- ``running.run(folder, found, inputs=…)`` loads it in a child behind walls and returns a
  ``running.Ran``: how long it took, of which class it is, its tensors, and for each of ``runs``
  predictions the outputs, again arrays by name in the order of the model's own.
  It raises ``refusals.Missing`` where a library is not installed, ``refusals.LoadFailed`` where
  the model cannot be loaded or does not predict, and ``refusals.NoWalls`` where the network
  cannot be taken away on this machine.
- ``comparing.compare(got, expected, rtol=…, atol=…)`` returns a ``comparing.Comparison``: how many
  values differ by more, and the largest difference.

All refusals are ``aegis.problems.Refusal`` with a code, a sentence and what would mend it.
``running``, ``inputs`` and ``comparing`` import NumPy; ``protocol.require(("numpy",))`` says by
``Missing`` that it is to be installed.
"""
