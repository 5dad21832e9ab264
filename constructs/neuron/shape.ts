import { inferenceAmis, limitOf } from '../../lib/container';
import type { Instance } from '../../lib/hardware/types';
import type { EndpointSpec, ServingOptions } from '../../lib/spec/types';
import { leastFindings } from '../endpoint/defaults';

/** Common on the hub's cache, and enough for most chats; a longer one costs memory in every slot of the batch. */
const DEFAULT_SEQUENCE_LENGTH = 4096;

/** Batch sizes to try where nobody says, best first. */
const BATCH_SIZES = [4, 2, 1];

/** Numbers of cores that some chip joins, most first; which of them a chip takes is a rule's matter. */
const DEGREES = [64, 32, 24, 16, 12, 8, 4, 2, 1];

/** The most SageMaker allows, since a compilation that is cut off has cost the same and gives nothing. */
const [, LONGEST_START] = limitOf('ContainerStartupHealthCheckTimeoutInSeconds');

const NEURON_AMI = inferenceAmis.filter(({ accelerator }) => accelerator === 'neuron').at(-1)?.name;

/** Completes a spec: the shape to compile for, the host's driver, and time to compile. */
export function completeNeuron(asked: EndpointSpec, instance: Instance | undefined, compiles: boolean): EndpointSpec {
  const spec: EndpointSpec = {
    ...asked,
    endpoint: {
      inferenceAmiVersion: NEURON_AMI,
      ...(compiles ? { startupHealthCheckTimeoutSeconds: LONGEST_START } : {}),
      ...asked.endpoint,
    },
  };
  return leastFindings(shapes(spec, instance), 'count');
}

/** Specs of every shape that nobody has fixed, best first: the largest batch, over the most cores. */
function shapes(spec: EndpointSpec, instance: Instance | undefined): EndpointSpec[] {
  const { options = {} } = spec;
  const own = spec.model.config?.max_position_embeddings;
  const sequenceLength =
    options.sequenceLength ?? Math.min(DEFAULT_SEQUENCE_LENGTH, typeof own === 'number' ? own : Infinity);
  const batches = options.batchSize === undefined ? BATCH_SIZES : [options.batchSize];
  const degrees = degreesOf(options, instance, spec.model.config?.num_attention_heads);
  return batches.flatMap((batchSize) =>
    degrees.map((degree) => ({
      ...spec,
      options: {
        ...options,
        sequenceLength,
        batchSize,
        ...(degree === undefined ? {} : { tensorParallelSize: degree }),
      },
    })),
  );
}

/** Heads that do not divide are padded, which runs but computes for nothing: such degrees come last. */
function degreesOf(
  options: ServingOptions,
  instance: Instance | undefined,
  heads: unknown,
): readonly (number | undefined)[] {
  if (options.tensorParallelSize !== undefined) return [options.tensorParallelSize];
  const cores = (instance?.accelerator?.neuronCores ?? 0) * (instance?.acceleratorCount ?? 0);
  if (cores === 0) return [undefined];
  const possible = DEGREES.filter((degree) => degree <= cores);
  const divides = (degree: number): boolean => typeof heads !== 'number' || heads % degree === 0;
  return [...possible.filter(divides), ...possible.filter((degree) => !divides(degree))];
}
