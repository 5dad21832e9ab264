import type { Scheme } from '../../scheme/types';
import type { RuleContext } from '../types';
import { quantizesExperts } from './layers';

/** How the experts of a model are stored, in the words of the servers that choose a kernel by it. */
export type ExpertWeights = 'plain' | 'fp8' | 'nvfp4' | 'mxfp4' | 'int8' | 'int4';

/** Undefined where the model has no experts, or they are stored in a way that no kernel is named for. */
export function expertWeights(context: RuleContext): ExpertWeights | undefined {
  if (context.model?.moe === undefined) return undefined;
  if (!quantizesExperts(context)) return 'plain';
  return weightsOf(context.scheme.experts ?? context.scheme);
}

function weightsOf(scheme: Scheme): ExpertWeights | undefined {
  const { name, weightType, weightBits, activationBits } = scheme;
  if (name === 'mxfp4') return 'mxfp4';
  if (weightType === 'fp4') return 'nvfp4';
  if (weightType === 'fp8') return name === 'mxfp8' || activationBits === 16 ? undefined : 'fp8';
  if (weightType !== 'int' || scheme.layout === 'gguf') return undefined;
  if (weightBits === 8 && activationBits === 8) return 'int8';
  return weightBits === 4 && activationBits === 16 ? 'int4' : undefined;
}
