"""Tests of images/vllm-neuron/serve. Run by test/images/serve.test.ts, or alone: python3 -m unittest."""

import importlib.machinery
import importlib.util
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "images" / "vllm-neuron" / "serve"

sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("serve", str(PROGRAM))
spec = importlib.util.spec_from_loader("serve", loader)
serve = importlib.util.module_from_spec(spec)
loader.exec_module(serve)

SHAPE = {"SM_VLLM_MAX_MODEL_LEN": "4096", "SM_VLLM_MAX_NUM_SEQS": "4", "SM_VLLM_TENSOR_PARALLEL_SIZE": "2"}


class ServeTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.TemporaryDirectory()
        self.addCleanup(self.root.cleanup)

    def files(self, path):
        return Path(self.root.name) / path.lstrip("/")

    def put(self, path):
        target = self.files(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("{}")

    def command(self, **environment):
        return serve.command({**SHAPE, "HF_MODEL_ID": "org/model", **environment}, self.files)

    def value(self, flag, **environment):
        arguments, _ = self.command(**environment)
        return arguments[arguments.index(flag) + 1]

    def neuron(self, **environment):
        return json.loads(self.value("--additional-config", **environment))["override_neuron_config"]

    def refusal(self, **environment):
        with self.assertRaises(serve.Refused) as caught:
            self.command(**environment)
        return str(caught.exception)

    def test_serves_a_model_of_the_hub(self):
        arguments, variables = self.command()
        self.assertEqual(
            arguments,
            "vllm serve org/model --host 0.0.0.0 --port 8080 --max-model-len 4096 --max-num-seqs 4 "
            "--no-enable-prefix-caching --num-gpu-blocks-override 4 --tensor-parallel-size 2".split(),
        )
        self.assertEqual(variables, {"NEURON_COMPILED_ARTIFACTS": "/tmp/neuron/compiled"})

    def test_serves_the_model_that_the_platform_has_put_there(self):
        self.put("/opt/ml/model/config.json")
        arguments, _ = serve.command({**SHAPE, "SM_VLLM_MODEL": "/opt/ml/model"}, self.files)
        self.assertEqual(arguments[2], "/opt/ml/model")
        arguments, _ = serve.command(SHAPE, self.files)
        self.assertEqual(arguments[2], "/opt/ml/model")

    def test_refuses_without_a_model(self):
        with self.assertRaisesRegex(serve.Refused, "there is no model"):
            serve.command(SHAPE, self.files)

    def test_listens_where_sagemaker_asks_it_to(self):
        self.assertEqual(self.value("--port", SAGEMAKER_BIND_TO_PORT="9000"), "9000")

    def test_booleans_are_bare_flags_or_nothing(self):
        arguments, _ = self.command(SM_VLLM_ENABLE_AUTO_TOOL_CHOICE="true", SM_VLLM_TRUST_REMOTE_CODE="false")
        self.assertIn("--enable-auto-tool-choice", arguments)
        self.assertNotIn("--trust-remote-code", arguments)

    def test_own_flags_cannot_be_set(self):
        self.assertEqual(self.value("--host", SM_VLLM_HOST="127.0.0.1"), "0.0.0.0")

    def test_int8_is_made_for_each_channel(self):
        self.assertEqual(
            self.neuron(SM_NEURON_QUANTIZATION="int8"),
            {
                "quantized": True,
                "quantization_dtype": "int8",
                "quantization_type": "per_channel_symmetric",
                "quantized_checkpoints_path": "/tmp/neuron/quantized",
            },
        )

    def test_what_is_excluded_stays_as_it_is(self):
        config = self.neuron(SM_NEURON_QUANTIZATION="int8", SM_NEURON_EXCLUDE="self_attn, lm_head,")
        self.assertEqual(config["modules_to_not_convert"], ["self_attn", "lm_head"])

    def test_fp8_brings_its_variables(self):
        _, variables = self.command(SM_NEURON_QUANTIZATION="f8e4m3")
        self.assertEqual(variables["XLA_HANDLE_SPECIAL_SCALAR"], "1")
        self.assertEqual(variables["UNSAFE_FP8FNCAST"], "1")
        _, variables = self.command(SM_NEURON_QUANTIZATION="int8")
        self.assertNotIn("UNSAFE_FP8FNCAST", variables)

    def test_more_of_the_neuron_config_is_passed_on(self):
        config = self.neuron(SM_NEURON_QUANTIZATION="int8", SM_NEURON_CONFIG='{"sequence_parallel_enabled": true}')
        self.assertIs(config["sequence_parallel_enabled"], True)
        self.assertIs(config["quantized"], True)

    def test_no_config_where_none_is_asked_for(self):
        arguments, _ = self.command()
        self.assertNotIn("--additional-config", arguments)

    def test_compiled_graphs_are_taken_from_the_model(self):
        self.put("/opt/ml/model/compiled/model.pt")
        _, variables = self.command(SM_NEURON_COMPILED="compiled")
        self.assertEqual(variables["NEURON_COMPILED_ARTIFACTS"], str(self.files("/opt/ml/model/compiled")))

    def test_refuses(self):
        self.files("/opt/ml/model/empty").mkdir(parents=True)
        for words, environment in (
            ("SM_VLLM_MAX_MODEL_LEN", {"SM_VLLM_MAX_MODEL_LEN": "long"}),
            ("SM_VLLM_MAX_NUM_SEQS", {"SM_VLLM_MAX_NUM_SEQS": "0"}),
            ("SM_VLLM_TENSOR_PARALLEL_SIZE", {"SM_VLLM_TENSOR_PARALLEL_SIZE": "true"}),
            ("int8, f8e4m3, f8e5m2", {"SM_NEURON_QUANTIZATION": "int4"}),
            ("SM_NEURON_QUANTIZATION", {"SM_VLLM_QUANTIZATION": "neuron_quant"}),
            ("chunked prefill", {"SM_VLLM_ENABLE_CHUNKED_PREFILL": "true"}),
            ("NUM_GPU_BLOCKS_OVERRIDE", {"SM_VLLM_ENABLE_PREFIX_CACHING": "true"}),
            ("is not set", {"SM_NEURON_EXCLUDE": "lm_head"}),
            ("not JSON", {"SM_NEURON_CONFIG": "{"}),
            ("no JSON object", {"SM_NEURON_CONFIG": "[]"}),
            ("sets quantized", {"SM_NEURON_CONFIG": '{"quantized": true}'}),
            ("no compiled graphs", {"SM_NEURON_COMPILED": "elsewhere"}),
            ("no compiled graphs", {"SM_NEURON_COMPILED": "empty"}),
        ):
            with self.subTest(environment):
                self.assertIn(words, self.refusal(**environment))

    def test_prefix_caching_with_its_blocks(self):
        arguments, _ = self.command(SM_VLLM_ENABLE_PREFIX_CACHING="true", SM_VLLM_NUM_GPU_BLOCKS_OVERRIDE="512")
        self.assertIn("--enable-prefix-caching", arguments)
        self.assertNotIn("--no-enable-prefix-caching", arguments)

    def run_program(self, **environment):
        """The program itself, with a vLLM that writes down what it is called with."""
        folder = Path(self.root.name) / "bin"
        folder.mkdir()
        fake = folder / "vllm"
        fake.write_text(f'#!{sys.executable}\nimport os, sys\nprint("vllm", *sys.argv[1:], os.environ["NEURON_COMPILED_ARTIFACTS"])\n')
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
        path = f"{folder}:{os.environ['PATH']}"
        return subprocess.run([sys.executable, PROGRAM], env={**environment, "PATH": path}, capture_output=True, text=True, check=False)

    def test_becomes_vllm(self):
        done = self.run_program(**SHAPE, HF_MODEL_ID="org/model", SM_NEURON_QUANTIZATION="int8")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("vllm serve org/model --host 0.0.0.0", done.stdout.splitlines()[-1])
        self.assertTrue(done.stdout.rstrip().endswith("/tmp/neuron/compiled"))

    def test_says_what_is_wrong_and_ends(self):
        done = self.run_program(HF_MODEL_ID="org/model")
        self.assertEqual(done.returncode, 1)
        self.assertIn("serve: a model on Neuron is compiled for one shape", done.stderr)


if __name__ == "__main__":
    unittest.main()
