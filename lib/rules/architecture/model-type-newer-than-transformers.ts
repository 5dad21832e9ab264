import { formatVersion } from '../../text/version';
import type { ModelDescription } from '../../model/types';
import { serverName } from '../helpers/engine';
import { ENGINE_TRANSFORMERS_SOURCE, firstReading, readsConfig, transformersOf } from '../helpers/engine-transformers';
import { found } from '../helpers/finding';
import { DEEPSEEK_V3 } from '../helpers/samples';
import { sglangImplements } from '../helpers/server-support';
import { argumentOf } from '../helpers/switches';
import { configRanges } from '../helpers/transformers-models';
import { vllmHas } from '../helpers/vllm-models';
import type { Rule, RuleContext } from '../types';

const LITE = { ...DEEPSEEK_V3, architectures: ['Glm4MoeLiteForCausalLM'], model_type: 'glm4_moe_lite' };

const example = (family: string, version: string, config: object = LITE) => ({
  model: { config },
  container: { family, version },
  options: { maxModelLen: 4096 },
});

/** Their repositories hold params.json, which vLLM and SGLang read in place of config.json. */
const OF_MISTRAL = /^(?:mistral|ministral|pixtral|voxtral|devstral)/;

/**
 * Types whose first repositories bring their config along: one without auto_map may be a shortened one. Source: config.json of
 * MiniMaxAI/MiniMax-M2, nvidia/Nemotron-H-8B-Base-8K, internlm/internlm3-8b-instruct and openbmb/MiniCPM3-4B; vLLM's
 * tests/models/registry.py, `trust_remote_code`, of deepseek-ai/DeepSeek-V2-Lite-Chat and DeepSeek-V3, microsoft/Phi-3.5-MoE-instruct,
 * tencent/Hunyuan-A13B-Instruct, skt/A.X-K1, naver-hyperclovax/HyperCLOVAX-SEED-Think-14B, inclusionAI/Ring-2.5-1T and
 * XiaomiMiMo/MiMo-V2-Flash.
 */
const BROUGHT_ALONG: ReadonlySet<string> = new Set([
  ...['minimax_m2', 'nemotron_h', 'internlm3', 'minicpm3', 'deepseek_v2', 'deepseek_v3', 'phimoe', 'hunyuan_v1_moe'],
  ...['axk1', 'hyperclovax', 'bailing_hybrid', 'mimo_v2_flash'],
]);

export const modelTypeNewerThanTransformers: Rule = {
  id: 'MODEL_TYPE_NEWER_THAN_TRANSFORMERS',
  severity: 'error',
  summary: 'the image’s Transformers reads the config of a model that its server has code for',
  explanation:
    'vLLM and SGLang read config.json by Transformers, or by config classes of their own for some models, before they look for the model’s code. vLLM 0.11.1 to 0.19.0 require Transformers below 5, and SGLang pins one release, so that images hold code for models whose config they cannot read: GLM-4.7-Flash on vLLM 0.15 to 0.19.0, Gemma 4 on 0.19.0. The server stops: "The checkpoint you are trying to load has model type `glm4_moe_lite` but Transformers does not recognize this architecture". Where only the day of the image says which Transformers it has, where LMI may install another from requirements.txt, and for types whose repositories bring their config along at first, it is a warning.',
  source: `${ENGINE_TRANSFORMERS_SOURCE}; transformers configuration_auto.py by version; vllm-project/vllm#33580`,
  examples: {
    passes: [
      example('vllm', '0.19.1'),
      example('sglang', '0.5.10'),
      example('vllm', '0.17.0', { ...LITE, auto_map: { AutoConfig: 'configuration_x.XConfig' } }),
    ],
    fails: [example('vllm', '0.17.0'), example('sglang', '0.5.8'), example('lmi', '0.36.0-lmi24')],
  },
  evaluate(context) {
    const { container, model, options } = context;
    const type = model?.config.model_type;
    if (container === undefined || model === undefined || typeof type !== 'string') return [];
    const reading = readsConfig(container, type);
    if (reading !== 'no' && reading !== 'unlikely') return [];
    if (!hasCode(context, model) || isReadOtherwise(context, model)) return [];
    if (BROUGHT_ALONG.has(type) && options.trustRemoteCode === true) return [];
    const first = configRanges(type).at(0)?.since;
    // A type that no Transformers ever knew comes with code of the repository, whatever a config that was written down says.
    if (first === undefined) return [];
    const image = transformersOf(container);
    const newest = image && formatVersion(reading === 'no' ? image.most : image.likely);
    const since = firstReading(container, type);
    const engine = container.engine === 'vllm' ? 'vLLM' : 'SGLang';
    const isCertain = reading === 'no' && !OF_MISTRAL.test(type) && !BROUGHT_ALONG.has(type) && !mayInstall(context);
    return [
      found({
        what: `${serverName(context)} has ${model.architecture}, but the image’s Transformers cannot read its config: Transformers ${first} is the first that knows the model type ${type}`,
        got: `model_type ${type} and Transformers ${newest ?? ''}`.trim(),
        allowed: `Transformers ${first} or newer`,
        fix:
          since === undefined
            ? 'use another server, or a repository that brings its config along (auto_map)'
            : `use an image with ${engine} ${formatVersion(since)} or newer`,
        path: '/container/version',
        severity: isCertain ? 'error' : 'warning',
      }),
    ];
  },
};

function hasCode({ container }: RuleContext, { architecture }: ModelDescription): boolean {
  if (container?.engineVersion === undefined) return false;
  if (container.engine === 'vllm') return vllmHas(architecture, 'served', container.engineVersion) === 'yes';
  return container.engine === 'sglang' && sglangImplements(architecture, container.engineVersion);
}

/** Is the config not read from config.json by the type that stands there? */
function isReadOtherwise(context: RuleContext, { config }: ModelDescription): boolean {
  const map = config.auto_map as { readonly AutoConfig?: unknown } | null | undefined;
  return (
    map?.AutoConfig !== undefined ||
    context.scheme.layout === 'gguf' ||
    argumentOf(context, 'CONFIG_FORMAT')?.value === 'mistral' ||
    argumentOf(context, 'HF_CONFIG_PATH') !== undefined ||
    (argumentOf(context, 'HF_OVERRIDES')?.value.includes('model_type') ?? false)
  );
}

/** LMI installs what a requirements.txt beside the model asks for. Source: djl-serving docs, lmi/deployment_guide: model artifacts. */
function mayInstall({ container, spec }: RuleContext): boolean {
  const data = spec.endpoint?.modelData;
  return container?.family === 'lmi' && data !== undefined && data !== 'hub';
}
