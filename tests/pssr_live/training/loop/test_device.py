import numpy as np
import pytest
import torch

from pssr_live.errors import UserError
from pssr_live.training.loop import find_device, memory_named
from pssr_live.training.loop.device import half_precision

CPU = torch.device("cpu")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_cpu_is_taken_and_a_gpu_can_t_be_asked_for() -> None:
    assert find_device("auto") == find_device("cpu") == CPU
    with pytest.raises(UserError, match="asks for a GPU"):
        find_device("cuda")


@needs_gpu
def test_a_gpu_is_taken_where_there_is_one() -> None:
    assert find_device("auto").type == find_device("cuda").type == "cuda"
    assert find_device("cpu") == CPU


def test_precision_is_as_asked_for() -> None:
    assert half_precision("fp32", CPU) is None
    assert half_precision("mixed", CPU) is torch.bfloat16
    assert half_precision("auto", CPU) in (None, torch.bfloat16)


@needs_gpu
def test_a_gpu_computes_in_bf16_or_where_it_can_t_in_fp16() -> None:
    bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    expected = torch.bfloat16 if bf16 else torch.float16
    assert half_precision("auto", torch.device("cuda")) is expected


def test_memory_that_runs_out_is_told_with_the_batch_to_take() -> None:
    with pytest.raises(UserError, match=r"--batch 4"), memory_named(CPU, 8, 512):
        torch.empty(2**62, dtype=torch.uint8)
    with pytest.raises(UserError, match="ran out of memory"), memory_named(CPU, 8, 512):
        np.empty(2**62, np.uint8)
    with pytest.raises(UserError, match="smaller HR tiles"), memory_named(CPU, 1, 512):
        raise torch.OutOfMemoryError("CUDA out of memory.")


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shape"), memory_named(CPU, 8, 512):
        raise RuntimeError("wrong shape")
