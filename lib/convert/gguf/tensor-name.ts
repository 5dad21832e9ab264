import type { Checkpoint } from '../../format';
import { HUB_ARCHITECTURES } from '../hugging-face/architectures';
import { HubConfig } from '../hugging-face/config';
import { ggufTensorName, textModelName } from '../hugging-face/tensor-names';

/** What a tensor of a checkpoint is called in a GGUF; undefined for one that has no place there, or of an architecture that is not known. */
export function ggufNamer(checkpoint: Checkpoint): (name: string) => string | undefined {
  if (checkpoint.format === 'gguf') return (name) => name;
  if (checkpoint.config === undefined) return () => undefined;
  const { architecture } = new HubConfig(checkpoint.config, checkpoint.location);
  if (!Object.hasOwn(HUB_ARCHITECTURES, architecture)) return () => undefined;
  const { names } = HUB_ARCHITECTURES[architecture];
  return (name) => ggufTensorName(textModelName(name), names);
}
