"""Twelve AdamW steps as SBERT's trainer takes them, and the learning rates of its schedules."""

import itertools
import math
import random

import torch
from transformers import BertConfig, BertForSequenceClassification, get_scheduler
from transformers.trainer import Trainer

STEPS = 12
SHAPES = {
    "dense.weight": (3, 4),
    "dense.bias": (3,),
    "LayerNorm.weight": (3,),
    "LayerNorm.bias": (3,),
}
DECAYED = ["dense.weight"]


def adamw_runs() -> dict:
    """Runs of 12 steps with given gradients, for warmup 0 and 0.1, decay on and off, clipping on and off.

    Values lie flat in row-major order. Each step tells the learning rate it used, the global gradient
    norm before clipping, and the parameters after it.
    """
    draw = random.Random("adamw")
    initial = {name: _values(draw, shape, 1.0) for name, shape in SHAPES.items()}
    # The size of the gradients grows from step to step, so that only some of them are clipped.
    gradients = [
        {name: _values(draw, shape, 0.02 * 1.6**step) for name, shape in SHAPES.items()}
        for step in range(STEPS)
    ]
    runs = []
    for warmup, decay, clip in itertools.product([0.0, 0.1], [0.0, 0.01], [None, 1.0]):
        arguments = {"learningRate": 1e-2, "warmup": warmup, "weightDecay": decay, "maxGradNorm": clip}
        runs.append({"arguments": arguments, "steps": _run(initial, gradients, **arguments)})
    return {
        "shapes": {name: list(shape) for name, shape in SHAPES.items()},
        "decayed": DECAYED,
        "initial": initial,
        "gradients": gradients,
        "runs": runs,
    }


def _values(draw: random.Random, shape: tuple, scale: float) -> list[float]:
    return [round(draw.gauss(0, scale), 5) for _ in range(math.prod(shape))]


def _run(initial, gradients, learningRate, warmup, weightDecay, maxGradNorm) -> list[dict]:
    parameters = {
        name: torch.nn.Parameter(torch.tensor(values).reshape(SHAPES[name]))
        for name, values in initial.items()
    }
    groups = [
        {"params": [parameters[name] for name in DECAYED], "weight_decay": weightDecay},
        {
            "params": [value for name, value in parameters.items() if name not in DECAYED],
            "weight_decay": 0.0,
        },
    ]
    optimizer = torch.optim.AdamW(groups, lr=learningRate, betas=(0.9, 0.999), eps=1e-8, fused=True)
    schedule = get_scheduler("linear", optimizer, math.ceil(warmup * STEPS), STEPS)
    steps = []
    for step in gradients:
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(step[name]).reshape(SHAPES[name])
        limit = math.inf if maxGradNorm is None else maxGradNorm
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), limit)
        rate = schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
        after = {name: parameter.detach().flatten().tolist() for name, parameter in parameters.items()}
        steps.append({"learningRate": rate, "gradNorm": norm.item(), "parameters": after})
    return steps


def schedules() -> list[dict]:
    """The learning rate of every step of transformers' schedules, from a top of 1."""
    recorded = []
    kinds = ["linear", "cosine", "constant", "constant_with_warmup"]
    for kind, (total, warmup) in itertools.product(kinds, [(12, 0), (12, 2), (50, 5), (1, 0), (3, 3)]):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = get_scheduler(kind, optimizer, warmup, total)
        rates = []
        for _ in range(total):
            rates.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        recorded.append({"schedule": kind, "steps": total, "warmupSteps": warmup, "rates": rates})
    return recorded


def decayed_parameters() -> dict:
    """Which parameters of a one-layer BERT classifier the trainer decays, by name."""
    config = BertConfig(vocab_size=8, hidden_size=4, num_hidden_layers=1, num_attention_heads=2, intermediate_size=4)
    model = BertForSequenceClassification(config)
    decayed = set(Trainer.get_decay_parameter_names(None, model))
    return {name: name in decayed for name, _ in model.named_parameters()}
