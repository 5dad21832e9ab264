import { groupTensors, printable, type GgufMetadata, type GgufValue } from '../../lib/format';
import { renderTable, type TableColumn } from '../output/table';
import { bytes, count } from '../output/units';
import type { Terminal } from '../terminal';
import type { Inspection } from './inspection';

/** More lines than this are no overview; `--json` has them all. */
const MAX_LINES = 60;

/** A checkpoint as a person reads it: what it is, how it is stored, and its tensors, those of all layers in one line. */
export function renderInspection(inspection: Inspection, terminal: Terminal): string {
  const { bold, dim, yellow } = terminal.colors;
  const { checkpoint, warnings } = inspection;
  const width = Math.max(...facts(inspection).map(([label]) => label.length));
  const lines = facts(inspection).map(([label, value]) => `${dim(label.padEnd(width))}  ${value}`);
  const sections = [
    `${bold(printable(checkpoint.location))}`,
    lines.join('\n'),
    dtypeTable(inspection, terminal),
    tensorTable(inspection, terminal),
  ];
  if (warnings.length > 0) {
    sections.push(
      warnings
        .map(
          ({ id, message, fix }) =>
            `${yellow('warning')} ${bold(id)}  ${printable(message)}\n        ${dim('fix')}      ${printable(fix)}`,
        )
        .join('\n'),
    );
  }
  return sections.join('\n\n');
}

function facts(inspection: Inspection): [string, string][] {
  const { checkpoint, model, parameters, weightBytes, companionBytes } = inspection;
  const architecture = model?.architecture ?? shown(checkpoint.gguf?.get('general.architecture'));
  const rows: [string, string | undefined][] = [
    [
      'format',
      `${checkpoint.format}${checkpoint.littleEndian ? '' : ', big-endian'}, ${plural(checkpoint.files.length, 'file')}`,
    ],
    ['name', shown(checkpoint.gguf?.get('general.name'))],
    ['architecture', architecture],
    ['parameters', parametersText(inspection)],
    ['tensors', count(checkpoint.tensors.size)],
    ['bytes', `${bytes(weightBytes + companionBytes)} (${count(weightBytes + companionBytes)})`],
    ['bits a weight', parameters === 0 ? undefined : (((weightBytes + companionBytes) * 8) / parameters).toFixed(2)],
    ['quantization', quantizationText(inspection)],
    ['context', contextText(inspection)],
  ];
  return rows
    .filter((row): row is [string, string] => row[1] !== undefined)
    .map(([label, value]) => [label, printable(value)]);
}

function parametersText({ parameters, model }: Inspection): string {
  if (model?.known !== true || model.parameterCount === parameters) return count(parameters);
  return `${count(parameters)} stored, ${count(model.parameterCount)} by config.json`;
}

function quantizationText({ quantization, checkpoint }: Inspection): string {
  if (quantization === undefined) return 'none';
  if (quantization.method === 'gguf' && 'type' in quantization) return quantization.type ?? 'GGUF of unknown type';
  if (!('ignored' in quantization)) return checkpoint.format;
  const { method, bits, groupSize, symmetric, ignored } = quantization;
  const parts = [method];
  if (bits !== undefined) parts.push(`${bits} bits`);
  if (groupSize !== undefined) parts.push(groupSize === -1 ? 'one group a channel' : `groups of ${groupSize}`);
  if (symmetric !== undefined) parts.push(symmetric ? 'symmetric' : 'asymmetric');
  if (ignored.length > 0) parts.push(`not ${ignored.length <= 3 ? ignored.join(', ') : `${ignored.length} modules`}`);
  return parts.join(', ');
}

function contextText({ checkpoint, model }: Inspection): string | undefined {
  const length = model?.maxPositionEmbeddings ?? ggufContext(checkpoint.gguf);
  return length === undefined ? undefined : `${count(length)} tokens`;
}

function ggufContext(metadata: GgufMetadata | undefined): number | undefined {
  const value = metadata?.get(`${shown(metadata.get('general.architecture'))}.context_length`);
  return value !== undefined && value.type !== 'array' && Number.isSafeInteger(Number(value.value))
    ? Number(value.value)
    : undefined;
}

function shown(value: GgufValue | undefined): string | undefined {
  return value?.type === 'string' ? value.value : undefined;
}

const DTYPE_COLUMNS: readonly TableColumn[] = [
  { title: 'type' },
  { title: 'tensors', align: 'right' },
  { title: 'elements', align: 'right' },
  { title: 'bytes', align: 'right' },
];

function dtypeTable({ dtypes }: Inspection, terminal: Terminal): string {
  const rows = dtypes.map(({ dtype, tensors, elements, bytes: size }) => [
    dtype,
    count(tensors),
    count(elements),
    bytes(size),
  ]);
  return renderTable(DTYPE_COLUMNS, rows, terminal);
}

const TENSOR_COLUMNS: readonly TableColumn[] = [
  { title: 'tensor' },
  { title: 'type' },
  { title: 'shape' },
  { title: 'count', align: 'right' },
  { title: 'bytes', align: 'right' },
];

function tensorTable({ checkpoint }: Inspection, terminal: Terminal): string {
  const groups = groupTensors(checkpoint);
  const rows = groups
    .slice(0, MAX_LINES)
    .map(({ pattern, dtype, shape, count: tensors, bytes: size }) => [
      printable(pattern.slice(0, 120)),
      dtype,
      `[${shape.join(', ')}]`,
      count(tensors),
      bytes(size),
    ]);
  const table = renderTable(TENSOR_COLUMNS, rows, terminal);
  const left = groups.length - MAX_LINES;
  return left > 0 ? `${table}\n${terminal.colors.dim(`and ${count(left)} lines more: --json has them all`)}` : table;
}

function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}
