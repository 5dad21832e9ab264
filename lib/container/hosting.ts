import data from './data/hosting.json';

/** Limits of the SageMaker API by the name of the field, `[least, most]`; source: botocore's service model. */
export type LimitName = keyof typeof data.limits;

/** Smallest and largest value that the API accepts. */
export function limitOf(name: LimitName): readonly [least: number, most: number] {
  const [least, most] = data.limits[name];
  return [least, most];
}

/** Patterns of the API. */
export function patternOf(name: keyof typeof data.patterns): RegExp {
  return new RegExp(data.patterns[name]);
}

/** An `InferenceAmiVersion`: the host's driver and the newest CUDA it runs by itself, × 10 (13.0: 130). */
export interface InferenceAmi {
  readonly name: string;
  readonly accelerator: 'gpu' | 'neuron';
  readonly driver: number;
  readonly cuda?: number;
}

/** Every value of the API's enum, oldest driver first. */
export const inferenceAmis: readonly InferenceAmi[] = data.amis as readonly InferenceAmi[];

export function findInferenceAmi(name: string): InferenceAmi | undefined {
  return inferenceAmis.find((ami) => ami.name === name);
}

/** Driver of a GPU instance family on which no AMI is chosen; `undefined` for a family the documentation does not list. */
export function defaultDriver(family: string): { readonly driver: number; readonly cuda: number } | undefined {
  const drivers = data.defaultDrivers as unknown as Readonly<Record<string, readonly [number, number]>>;
  if (!Object.hasOwn(drivers, family)) return undefined;
  const [driver, cuda] = drivers[family];
  return { driver, cuda };
}

/** Driver that a family's GPUs need and that no AMI is known to have; not verified on SageMaker. */
export function neededDriver(family: string): number | undefined {
  const drivers = data.neededDrivers as Readonly<Record<string, number>>;
  return Object.hasOwn(drivers, family) ? drivers[family] : undefined;
}
