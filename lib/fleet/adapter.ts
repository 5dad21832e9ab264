import { SpecError } from '../errors';
import type { Finding } from '../rules/types';
import type { ContainerFamily } from '../spec/types';

/** What a LoRA adapter's `adapter_config.json` says, as far as a server cares. Source: PEFT, `LoraConfig`. */
export interface AdapterConfig {
  readonly peftType?: string;
  readonly rank?: number;
  readonly baseModel?: string;
  readonly usesDora: boolean;
  readonly bias?: string;
  readonly modulesToSave: readonly string[];
}

/** @throws SpecError for what is no object */
export function parseAdapterConfig(value: unknown, path: string): AdapterConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SpecError('ADAPTER_CONFIG_UNREADABLE', 'an adapter’s configuration is one JSON object', {
      got: Array.isArray(value) ? 'a list' : String(value),
      allowed: 'the adapter_config.json that PEFT wrote',
      fix: 'give the file that lies beside adapter_model.safetensors',
      path,
    });
  const raw = value as Record<string, unknown>;
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const saved = raw.modules_to_save;
  return {
    peftType: text('peft_type'),
    rank: typeof raw.r === 'number' ? raw.r : undefined,
    baseModel: text('base_model_name_or_path'),
    usesDora: raw.use_dora === true,
    bias: text('bias'),
    modulesToSave: Array.isArray(saved) ? saved.filter((name) => typeof name === 'string') : [],
  };
}

/** The base model's side of it. */
export interface AdapterBase {
  readonly id: string;
  readonly family: ContainerFamily;
  readonly modelId?: string;
  readonly enableLora: boolean;
  readonly maxLoraRank: number;
  readonly maxLoras: number;
}

/** Is the adapter one that the base's server can load? `adapters`: how many the base has with this one. */
export function adapterFindings(
  name: string,
  config: AdapterConfig | undefined,
  base: AdapterBase,
  adapters: number,
): Finding[] {
  const findings: Finding[] = [];
  const report = (rule: string, severity: Finding['severity'], rest: Omit<Finding, 'rule' | 'severity'>): void => {
    findings.push({ rule, severity, ...rest });
  };
  if (!base.enableLora)
    report('ADAPTER_BASE_WITHOUT_LORA', 'error', {
      message: `${base.id} does not serve LoRA adapters, so that ${name} cannot be loaded into it`,
      got: 'enableLora false',
      allowed: 'enableLora true',
      fix: `set enableLora and maxLoraRank on ${base.id}`,
      path: '/options/enableLora',
    });
  if (base.family !== 'lmi')
    report('ADAPTER_CONTAINER_NOT_VERIFIED', 'warning', {
      message:
        'AWS documents adapters as inference components for LMI; whether other containers load them was not verified',
      got: base.family,
      allowed: 'ServingContainer.lmi()',
      fix: 'use ServingContainer.lmi()',
      path: '/container/family',
    });
  if (adapters > base.maxLoras)
    report('ADAPTERS_ABOVE_MAX_LORAS', 'warning', {
      message:
        `${base.id} holds ${base.maxLoras} ${base.maxLoras === 1 ? 'adapter' : 'adapters'} on the GPU and has ${adapters}: requests for more of them ` +
        'in one batch wait for one another, and adapters are loaded anew as they take turns',
      got: `maxLoras ${base.maxLoras}`,
      allowed: `${adapters}, for all of them at once`,
      fix: `set maxLoras to ${adapters}; its memory is in the plan`,
      path: '/options/maxLoras',
    });
  if (config === undefined) {
    report('ADAPTER_CONFIG_UNKNOWN', 'warning', {
      message: `nothing is known of ${name} at synth, so that its rank and kind are not checked`,
      got: 'no config',
      allowed: 'config or configPath',
      fix: 'give configPath: its adapter_config.json',
    });
    return findings;
  }
  return [...findings, ...configFindings(name, config, base)];
}

/** Source: vllm/lora/peft_helper.py, `_validate_features` and `validate_legal`. */
function configFindings(name: string, config: AdapterConfig, base: AdapterBase): Finding[] {
  const findings: Finding[] = [];
  const refuse = (rule: string, message: string, got: string, allowed: string, fix: string): void => {
    findings.push({ rule, severity: 'error', message: `${name}: ${message}`, got, allowed, fix });
  };
  if (config.peftType !== undefined && config.peftType !== 'LORA')
    refuse(
      'ADAPTER_NOT_LORA',
      'servers load LoRA adapters only',
      `peft_type ${config.peftType}`,
      'LORA',
      'merge the adapter into the weights and quantize again',
    );
  if (config.usesDora)
    refuse(
      'ADAPTER_USES_DORA',
      'vLLM does not support DoRA',
      'use_dora true',
      'use_dora false',
      'train without DoRA, or merge the adapter into the weights',
    );
  if (config.modulesToSave.length > 0)
    refuse(
      'ADAPTER_SAVES_MODULES',
      'vLLM takes no adapter that replaces whole modules',
      `modules_to_save ${config.modulesToSave.join(', ')}`,
      'no modules_to_save',
      'train without modules_to_save, or merge the adapter into the weights',
    );
  if (config.bias !== undefined && config.bias !== 'none')
    refuse(
      'ADAPTER_HAS_BIAS',
      'vLLM takes no adapter with a bias of its own',
      `bias ${config.bias}`,
      'bias none',
      'train with bias none, or merge the adapter into the weights',
    );
  const { rank } = config;
  if (rank !== undefined && base.enableLora && rank > base.maxLoraRank)
    refuse(
      'ADAPTER_RANK_ABOVE_MAXIMUM',
      `its rank is above what ${base.id} has room for`,
      `r ${rank}`,
      `up to maxLoraRank ${base.maxLoraRank}`,
      `set maxLoraRank to ${nextRank(rank)}`,
    );
  const other = otherModel(config, base);
  if (other !== undefined)
    findings.push({
      rule: 'ADAPTER_FOR_OTHER_MODEL',
      severity: 'warning',
      message: `${name} was trained on ${other}, and ${base.id} serves ${base.modelId}: adapters fit the weights they were trained on, quantized or not, and no others`,
      got: `base_model_name_or_path ${other}`,
      allowed: `${base.modelId}, or what it was quantized from`,
      fix: 'acknowledge this where the one is a quantization of the other',
    });
  return findings;
}

/** Ranks for which servers have kernels; source: vllm/config/lora.py, `MaxLoRARanks`. */
const RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

function nextRank(rank: number): number {
  return RANKS.find((candidate) => candidate >= rank) ?? rank;
}

/** Both as hub ids: a path on somebody's disk tells nothing. */
function otherModel({ baseModel }: AdapterConfig, { modelId }: AdapterBase): string | undefined {
  const isHubId = (name: string | undefined): name is string => name !== undefined && /^[\w.-]+\/[\w.-]+$/.test(name);
  if (!isHubId(baseModel) || !isHubId(modelId)) return undefined;
  return plainName(baseModel) === plainName(modelId) ? undefined : baseModel;
}

/** Without the owner, and without the words that quantizers append. */
function plainName(id: string): string {
  return id
    .slice(id.indexOf('/') + 1)
    .toLowerCase()
    .replace(
      /[-_.](awq|gptq|fp8|int4|int8|w4a16|w8a8|w8a16|gguf|quantized|dynamic|marlin|4bit|8bit|[gq]\d+)(?=$|[-_.])/g,
      '',
    );
}
