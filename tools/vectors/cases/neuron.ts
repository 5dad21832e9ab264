import {
  neuronFp8Grid,
  neuronInt8Grid,
  neuronTensors,
  quantizeMatrix,
  rescaleForNeuron,
  type NeuronQuantizationType,
} from '../../../lib/simulate';
import { input, matrixOf, type CaseContext, type Outputs } from '../context';

export function neuronWeights(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const type = vector.params.quantization_type as NeuronQuantizationType | undefined;
  if (type === undefined) return rescaled(context);
  const grid = vector.scheme === 'neuron-int8' ? neuronInt8Grid(type) : neuronFp8Grid(type);
  const outputs = new Map(neuronTensors(quantizeMatrix(engine, matrixOf(input(context)), grid), grid));
  const weight = outputs.get('weight');
  if (weight !== undefined) outputs.set('weight_u8', { ...weight, dtype: 'U8' });
  return outputs;
}

/** Every E4M3 byte, brought from the range to 448 into that to 240. */
function rescaled({ engine }: CaseContext): Outputs {
  const data = rescaleForNeuron(
    engine,
    Uint8Array.from({ length: 256 }, (_, index) => index),
  );
  return new Map([['weight_u8', { dtype: 'U8' as const, shape: [256], data }]]);
}
