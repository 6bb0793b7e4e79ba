"""Make the small files of PyTorch that the scanner's tests read: python make_files.py FOLDER."""

import pickle
import sys
from pathlib import Path

import torch
from torch import nn

folder = Path(sys.argv[1])
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))
state = model.state_dict()
optimizer = torch.optim.Adam(model.parameters())
model(torch.ones(5, 4)).sum().backward()
optimizer.step()
checkpoint = {
    "epoch": 3,
    "model": state,
    "optimizer": optimizer.state_dict(),
    "half": torch.ones(3, dtype=torch.bfloat16),
    "device": torch.device("cpu"),
    "dtype": torch.float16,
    "shape": torch.Size([1, 2]),
}
others = {
    "sparse": torch.eye(3).to_sparse(),
    "quantized": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
}

torch.save(state, folder / "state_dict.pt")
torch.save(state, folder / "state_dict_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(checkpoint, folder / "checkpoint.pt")
torch.save(checkpoint, folder / "checkpoint_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(model, folder / "module.pt")
torch.save(torch.nn.Parameter(torch.ones(3)), folder / "parameter.pt")
torch.save(others, folder / "sparse_and_quantized.pt")
with (folder / "state_dict.pkl").open("wb") as file:
    pickle.dump(state, file)
torch.jit.script(nn.Linear(2, 1)).save(str(folder / "torchscript.pt"))
program = torch.export.export(nn.Linear(2, 1), (torch.ones(1, 2),))
torch.export.save(program, folder / "exported.pt2")
