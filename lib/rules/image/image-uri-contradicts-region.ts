import { dnsSuffixOf, parseImageUri, registryAccounts } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (image: string) => ({ model: { config: QWEN3_SMALL }, container: { family: 'custom', image } });

const ACCOUNTS = registryAccounts();
const OF_AWS: ReadonlySet<string> = new Set(Object.values(ACCOUNTS));

function wrongSuffix(image: string, registry: string, region: string): RuleFinding | undefined {
  const suffix = dnsSuffixOf(region);
  const ending = `.${region}.${suffix}`;
  if (!Object.hasOwn(ACCOUNTS, region) || registry.endsWith(ending)) return undefined;
  const right = registry.slice(0, registry.indexOf(`.${region}.`)) + ending;
  return found({
    what: `registries of ${region} end with ${suffix}, so this host does not exist`,
    got: image,
    allowed: right,
    fix: `write ${image.replace(registry, right)}`,
    path: '/container/image',
  });
}

function wrongAccount(image: string, account: string, region: string): RuleFinding | undefined {
  const right = Object.hasOwn(ACCOUNTS, region) ? ACCOUNTS[region] : undefined;
  if (right === undefined || right === account || !OF_AWS.has(account)) return undefined;
  return found({
    what: `AWS keeps its images for ${region} in another account, and this one has no such registry there`,
    got: `account ${account} in ${region}`,
    allowed: `account ${right}`,
    fix: `write ${image.replace(account, right)}`,
    path: '/container/image',
  });
}

/** Digits that an account of somebody else's shares with AWS's at its beginning once in a million times. */
const BEGINNING = 6;
const OF_DLC = /^(djl-inference|vllm|sglang|llama-cpp(-arm64)?|huggingface-[\w-]+|pytorch-inference[\w-]*)$/;

/** AWS's account with some digits wrong, as it is often copied from memory. Anybody may have an account, so that it is a warning. */
function misspeltAccount(image: string, account: string, region: string, repository: string): RuleFinding | undefined {
  const right = Object.hasOwn(ACCOUNTS, region) ? ACCOUNTS[region] : undefined;
  if (right === undefined || OF_AWS.has(account) || !OF_DLC.test(repository)) return undefined;
  const differing = [...right].filter((digit, index) => account[index] !== digit).length;
  if (differing > 2 && !account.startsWith(right.slice(0, BEGINNING))) return undefined;
  return found({
    what: `AWS's own images for ${region} are in account ${right}, and this one is nearly the same`,
    got: `account ${account} with ${repository}`,
    allowed: `account ${right}, or an account of your own`,
    fix: `write ${image.replace(account, right)}`,
    path: '/container/image',
    severity: 'warning',
  });
}

export const imageUriContradictsRegion: Rule = {
  id: 'IMAGE_URI_CONTRADICTS_REGION',
  severity: 'error',
  summary: "an image URI has the account and the host name of its registry's region",
  explanation:
    'AWS publishes its containers in accounts that differ by region: 763104351884 in most, others in those opened since 2019. Hosts of the partitions differ, too: those of China end with amazonaws.com.cn. CreateModel refuses an image of a registry that it cannot see: "Requested image not found". An account that is AWS’s but for some digits is probably meant to be it.',
  source: 'sagemaker-core 2.27.0, image_uri_config/*.json; botocore 1.44.5, data/partitions.json',
  examples: {
    passes: [
      example('763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.38.0-lmi29.0.0-cu130'),
      example('380420809688.dkr.ecr.eu-central-2.amazonaws.com/djl-inference:0.38.0-lmi29.0.0-cu130'),
      example('123456789012.dkr.ecr.eu-central-2.amazonaws.com/djl-inference:mine'),
      example('727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm:1'),
      example('123456789012.dkr.ecr.${Token[AWS.Region.4]}.amazonaws.com/vllm:1'),
    ],
    fails: [
      example('763104351884.dkr.ecr.eu-central-2.amazonaws.com/djl-inference:0.38.0-lmi29.0.0-cu130'),
      example('727897471807.dkr.ecr.cn-north-1.amazonaws.com/vllm:1'),
      example('763103351894.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.38.0-lmi29.0.0-cu130'),
    ],
  },
  evaluate({ spec }) {
    const image = spec.container?.family === 'custom' ? spec.container.image : undefined;
    const { registry, account, region, repository } = (image === undefined ? undefined : parseImageUri(image)) ?? {};
    if (image === undefined || registry === undefined || account === undefined || region === undefined) return [];
    const finding =
      wrongSuffix(image, registry, region) ??
      wrongAccount(image, account, region) ??
      misspeltAccount(image, account, region, repository ?? '');
    return finding === undefined ? [] : [finding];
  },
};
