import { renderContainer } from '../../lib/container';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import type { Instance } from '../../lib/hardware/types';
import { makePlan } from '../../lib/plan';
import { evaluateRules, RULES_BY_CAUSE, verdictOf, type PlanAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { EdgeArchitecture, type EdgeDevice } from './props';

/** Rules about the model and the server; those about SageMaker say nothing of a device. */
const RULES = (['checkpoint', 'architecture', 'memory', 'options', 'llama-cpp', 'environment'] as const).flatMap(
  (cause) => RULES_BY_CAUSE[cause],
);

/** Steps in which a context is worked out; llama-server pads to them. */
const CONTEXT_STEP = 256;

/** Reserved for the operating system: Greengrass ends a component that takes more than the rest. */
const SYSTEM_BYTES = 512 * 2 ** 20;

/** A device as the planner sees a machine: with the memory that a component may take, without accelerator and price. */
export function machineOf({ memory, architecture }: EdgeDevice): Instance {
  return {
    instanceType: 'the device',
    family: 'edge',
    size: '',
    kind: 'cpu',
    vcpus: 0,
    memoryBytes: memory.toBytes() - SYSTEM_BYTES,
    cpuArchitecture: architecture === EdgeArchitecture.AARCH64 ? 'arm64' : 'x86_64',
    localNvmeBytes: 0,
    acceleratorCount: 0,
    regions: [],
  };
}

function resolve(spec: EndpointSpec, machine: Instance): ResolvedEndpoint {
  return { ...resolveEndpoint(spec), instance: machine };
}

/** The plan of a spec on a device, with the same planner and the same rules as an endpoint’s. */
export function planOnDevice(spec: EndpointSpec, machine: Instance): PlanAnswer {
  const resolved = resolve(spec, machine);
  const findings = evaluateRules(resolved, RULES);
  return { id: spec.id ?? null, verdict: verdictOf(findings), ...makePlan(resolved), findings };
}

/** Gives every slot the context that was asked for, else the longest that the model and the memory allow. */
export function withContext(spec: EndpointSpec, machine: Instance): EndpointSpec {
  const slots = spec.options?.slots ?? 1;
  const unified = spec.environment?.SM_LLAMA_CPP_KV_UNIFIED === 'true';
  const shares = unified ? 1 : slots;
  const own = resolve(spec, machine).model?.maxPositionEmbeddings;
  const asked = spec.options?.maxModelLen;
  const total = (each: number): EndpointSpec => ({
    ...spec,
    options: { ...spec.options, slots, maxModelLen: each * shares },
  });
  if (asked !== undefined) return total(asked);
  if (own === undefined) return { ...spec, options: { ...spec.options, slots } };
  const { largestMaxModelLen } = planOnDevice(total(own), machine);
  const fitting =
    largestMaxModelLen === null ? own : Math.floor(largestMaxModelLen / shares / CONTEXT_STEP) * CONTEXT_STEP;
  return total(Math.max(CONTEXT_STEP, Math.min(own, fitting)));
}

/** llama-server’s arguments, without the program. */
export function serverArguments(spec: EndpointSpec, machine: Instance): readonly string[] {
  return renderContainer(resolve(spec, machine)).command.slice(1);
}
