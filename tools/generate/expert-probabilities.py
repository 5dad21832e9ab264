#!/usr/bin/env python3
"""What transformers takes for the likeliest next tokens in the mixtures of experts of test/convert/checkpoints.ts, in float32.

  pip install torch transformers safetensors
  node tools/generate/made-checkpoints.mjs MADE
  python tools/generate/expert-probabilities.py MADE test/convert/expert-probabilities.json
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM

MADE, OUT = (Path(argument) for argument in sys.argv[1:3])
TOKENS = [72, 105, 33, 90, 64, 118, 77, 81]
LISTED = 24


def main():
    models = {}
    for folder in sorted(MADE.iterdir()):
        config = json.loads((folder / "config.json").read_text())
        # Phi's router and norms are other ones in llama.cpp.
        if not {"num_experts", "num_local_experts"} & config.keys() or config["model_type"] == "phimoe":
            continue
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        with torch.inference_mode():
            logits = model(torch.tensor([TOKENS])).logits[0, -1]
        probabilities, ids = logits.double().softmax(-1).topk(LISTED)
        models[folder.name] = {
            "ids": ids.tolist(),
            "probabilities": [round(probability, 8) for probability in probabilities.tolist()],
        }
    answer = {"transformers": transformers.__version__, "tokens": TOKENS, "models": models}
    OUT.write_text(json.dumps(answer, indent=1) + "\n")


main()
