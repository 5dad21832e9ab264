/** `data/sources/instances.json` → `lib/hardware/data/instances.json`: the same facts as rows, units turned into bytes and FLOP/s by the reader. */
import { readSource, toJson } from './emit.mjs';

const mib = 1024 * 1024;

/** GiB and MiB figures become bytes; GB/s and TFLOP/s become bytes and operations a second. */
function accelerator(source) {
  const sm = source.computeCapability === null ? null : Math.round(Number(source.computeCapability) * 10);
  const usable = source.torchTotalMiB
    ? source.torchTotalMiB[0] * mib
    : Math.round((source.memoryGiBUsable ?? source.memoryGiBAdvertised) * 1024) * mib;
  return {
    vendor: source.vendor,
    model: source.model,
    architecture: source.architecture,
    ...(sm === null ? {} : { sm }),
    memoryBytesAdvertised: source.memoryGiBAdvertised * 1024 * mib,
    memoryBytesUsable: usable,
    bandwidth: source.bandwidthGBps * 1e9,
    flops: Object.fromEntries(Object.entries(source.tflops).map(([kind, value]) => [kind, value * 1e12])),
    interconnect: source.interconnect,
    ...(source.interconnectGBps ? { interconnectBandwidth: source.interconnectGBps * 1e9 } : {}),
    ...(source.neuronCores ? { neuronCores: source.neuronCores } : {}),
  };
}

export async function outputs() {
  const source = await readSource('instances.json');
  const regionSets = Object.keys(source.regionSets);
  const value = {
    date: source.date,
    source: source.sources.hostable,
    columns: [
      'instanceType',
      'kind',
      'vcpus',
      'memoryGiB',
      'cpu',
      'localNvmeGB',
      'networkGbps',
      'volumeSizeInGb',
      'accelerator',
      'acceleratorCount',
      'regionSet',
    ],
    regions: source.regions,
    regionSets: Object.values(source.regionSets).map((set) => set.map((region) => source.regions.indexOf(region))),
    simd: source.simdByFamily,
    accelerators: Object.fromEntries(
      Object.entries(source.accelerators).map(([key, entry]) => [key, accelerator(entry)]),
    ),
    instances: source.instances.map((entry) => [
      entry.instanceType,
      entry.kind,
      entry.vcpus,
      entry.memoryGiB,
      entry.cpu,
      entry.localNvmeGB,
      entry.networkGbps,
      entry.volumeSizeInGb,
      entry.accelerator,
      entry.acceleratorCount,
      regionSets.indexOf(entry.ec2Regions),
    ]),
  };
  return [{ file: 'lib/hardware/data/instances.json', text: toJson(value) }];
}
