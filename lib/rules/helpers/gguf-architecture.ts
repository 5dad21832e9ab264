import type { ModelDescription } from '../../model/types';
import type { RuleContext, RuleFinding } from '../types';
import { serverName } from './engine';
import { found } from './finding';

/** The `model_type` by which Transformers chooses how it translates the metadata of a GGUF file. */
export function ggufModelType({ config, modelType }: ModelDescription): string {
  return String(config.model_type ?? modelType);
}

/**
 * That a server, which leaves the metadata of a GGUF file to Transformers, does not read those of an architecture.
 *
 * @param server its name, without a version
 * @param readBy the versions that do: `SGLang 0.5.1 or newer`; undefined where none is known
 */
export function ggufNotRead(
  context: RuleContext,
  model: ModelDescription,
  server: string,
  readBy: string | undefined,
): RuleFinding {
  return found({
    what: `${serverName(context)} does not support GGUF files of the architecture ${model.architecture}`,
    got: `a GGUF of model_type ${ggufModelType(model)}`,
    allowed:
      readBy === undefined
        ? 'the llama-cpp container, or the checkpoint in another format'
        : `${readBy}, or the llama-cpp container`,
    fix: `use the llama-cpp container, or an AWQ or GPTQ checkpoint on ${server}`,
    path: '/quantization',
  });
}
