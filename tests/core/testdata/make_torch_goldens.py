#!/usr/bin/python3
"""Writes the .pth files beside it, with Debian 12's PyTorch (1.13).

    sudo apt-get install python3-torch && ./make_torch_goldens.py

tests/core/torch_checkpoint_test.cc says what each tensor must be read as. The
keys of storages in legacy files are addresses, so their bytes change from run
to run; nothing else does.
"""

import collections
import os

import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def ramp(count, dtype=torch.float32):
    """0, 0.5, 1, ...: exact in every floating-point type."""
    return (torch.arange(count, dtype=torch.float64) / 2).to(dtype)


def state_dict():
    base = ramp(12)  # one storage under three tensors
    result = collections.OrderedDict()
    result["plain"] = ramp(6).reshape(2, 3)
    result["half"] = ramp(4, torch.float16)
    result["double"] = ramp(4, torch.float64)
    result["bfloat16"] = ramp(4, torch.bfloat16)
    result["transposed"] = ramp(6).reshape(2, 3).t()
    result["conv"] = ramp(24).reshape(2, 2, 3, 2).contiguous(memory_format=torch.channels_last)
    result["shared.all"] = base.reshape(3, 4)
    result["shared.row"] = base.reshape(3, 4)[1]
    result["shared.column"] = base.reshape(3, 4)[:, 2]
    result["parameter"] = torch.nn.Parameter(ramp(2))
    result["empty"] = torch.zeros(0, 3)
    result["bn.num_batches_tracked"] = torch.tensor(7)
    result["flags"] = torch.tensor([True, False])
    result._metadata = {"": {"version": 1}}
    return result


def save(name, thing, legacy=False, **options):
    torch.save(thing, name, _use_new_zipfile_serialization=not legacy, **options)


class Reduced:
    """Is written as a call of what it was given."""

    def __init__(self, *reduction):
        self.reduction = reduction

    def __reduce__(self):
        return self.reduction


save("zip.pth", state_dict())
save("zip_protocol4.pth", state_dict(), pickle_protocol=4)
save("legacy.pth", state_dict(), legacy=True)

# As training scripts write them, from DataParallel.
names = collections.OrderedDict(("module." + name, value) for name, value in (("a", ramp(3)), ("b.c", ramp(2))))
training = {
    "epoch": 3,
    "arch": "resnet50",
    "best_accuracy": torch.tensor(76.5),
    "state_dict": names,
    "optimizer": {"state": {0: {"momentum_buffer": ramp(3)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
}
save("nested_state_dict.pth", training, legacy=True)
save("nested_model.pth", {"model": dict(names), "epoch": 3})

# As PyTorch before 0.4 wrote parameters and tensors.
rebuild = torch._utils._rebuild_tensor
hooks = collections.OrderedDict()
parameter = torch.nn.parameter.Parameter
old = collections.OrderedDict()
old["data"] = Reduced(rebuild, (ramp(6).storage(), 0, (2, 3), (3, 1)))
old["parameter"] = Reduced(parameter, (old["data"],), (True, False, hooks))
old["variable"] = Reduced(parameter, (), (old["data"], None, hooks, True, False))
save("before_0_4.pth", old, legacy=True)

# What must never be run.
attack = {"weight": ramp(2), "bias": Reduced(os.system, ("touch attacked",))}
save("attack_zip.pth", attack)
save("attack_legacy.pth", attack, legacy=True)
save("attack_eval.pth", Reduced(eval, ("print('attacked')",)))
save("module.pth", torch.nn.Linear(2, 1))
save("numpy.pth", {"weight": ramp(2).numpy()})
save("list.pth", [ramp(2)])
save("sparse.pth", {"weight": torch.eye(2).to_sparse()})
save("not_a_tensor.pth", {"weight": ramp(2), "epoch": 3})
save("complex_conjugate.pth", {"weight": torch.zeros(2, dtype=torch.complex64).conj()})
