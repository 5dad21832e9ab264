type Json = Readonly<Record<string, unknown>>;

/** A value at a JSON pointer, with everything on the way to it; `undefined` takes it out. */
function withValue(value: unknown, pointer: readonly string[], leaf: unknown): unknown {
  if (pointer.length === 0) return leaf;
  const [name, ...rest] = pointer;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === name ? withValue(item, rest, leaf) : item));
  const copy: Record<string, unknown> = { ...(value as Json | undefined) };
  const inner = withValue(copy[name], rest, leaf);
  if (inner === undefined) delete copy[name];
  else copy[name] = inner;
  return copy;
}

/** Where a name in a fix stands in a spec: `dtype`, `speculative.tokens`, `SM_VLLM_DTYPE`. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  inferenceAmiVersion: ['endpoint'],
  volumeSizeInGb: ['endpoint'],
  modelData: ['endpoint'],
  networkIsolation: ['endpoint'],
  asyncInference: ['endpoint'],
  initialInstanceCount: ['endpoint'],
  minInstanceCount: ['endpoint'],
  maxInstanceCount: ['endpoint'],
  startupHealthCheckTimeoutSeconds: ['endpoint'],
  acceptEula: ['endpoint'],
  copyCount: ['endpoint'],
  inferenceComponents: ['endpoint'],
  expertParallel: ['options'],
  speculative: [],
  instanceType: [],
  quantization: [],
};

function placeOf(name: string): readonly string[] {
  if (/^[A-Z][A-Z0-9_]+$/.test(name)) return ['environment', name];
  if (name.includes('.')) return name.split('.');
  return [...(Object.hasOwn(PLACES, name) ? PLACES[name] : ['options']), name];
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Does a fix name another option or variable for what stands at a pointer, rather than another value? */
function isOtherName(text: string, [section]: readonly string[]): boolean {
  return section === 'environment' ? /^[A-Z]+_[A-Z_]+$/.test(text) : section === 'options' && /^[a-z]+[A-Z]/.test(text);
}

function renamed(spec: unknown, pointer: readonly string[], name: string): unknown {
  const value = pointer.reduce((inner: unknown, key) => (inner as Json)[key], spec);
  return withValue(spec, [...pointer.slice(0, -1), name], value);
}

/** A variable's value is text. */
function assign(spec: unknown, name: string, text: string): unknown {
  const place = placeOf(name);
  return withValue(spec, place, place[0] === 'environment' ? text : valueOf(text));
}

/** A name of a spec or a variable; names in snake case are the server's own, in the middle of something. */
const NAME = '([A-Z][A-Z0-9_]+|[a-z][A-Za-z]*(?:\\.[a-z][A-Za-z]*)?)';
const VALUE = '([\\w.:/-]*\\w)';

/**
 * What a fix says, done: a spec for each of its alternatives that can be done without a person, such as `set dtype to float16`,
 * `use ml.g5.xlarge`, `use an image with vLLM 0.8.4 or newer`, `leave dtype out`.
 */
export function applyFix(
  spec: unknown,
  { fix = '', path }: { readonly fix?: string; readonly path?: string },
): unknown[] {
  const fixed: unknown[] = [];
  const setting = new RegExp(
    `(?:^set |, set |, or set |, or )${NAME} to ${VALUE}(?: and ${NAME} to ${VALUE})?(?=$|[,;]| or )`,
    'g',
  );
  for (const [, name, value, second, secondValue] of fix.matchAll(setting)) {
    if (/^(a|an|the|what|at)$/.test(value) || /^(a|an|the)$/.test(secondValue ?? '')) continue;
    const once = assign(spec, name, value);
    fixed.push(second === undefined ? once : assign(once, second, secondValue));
  }
  for (const [, type, degree] of fix.matchAll(
    /(?<!such as |make )\b(ml\.[a-z][\w-]*\.\w+)(?: with tensorParallelSize (\d+))?/g,
  )) {
    const moved = withValue(spec, ['instanceType'], type);
    fixed.push(degree === undefined ? moved : assign(moved, 'tensorParallelSize', degree));
  }
  for (const [, version] of fix.matchAll(/vLLM ([\d.]+(?:post\d)?) or (?:newer|older)/g))
    fixed.push(withValue(spec, ['container', 'version'], version));
  for (const [, name] of fix.matchAll(new RegExp(`\\b(?:leave|remove) ${NAME}(?: out)?(?=$|,)`, 'g')))
    if (!/^(it|headroom)$/.test(name)) fixed.push(withValue(spec, placeOf(name), undefined));
  const written = /^(?:write|use) ([\w.:/-]*\w\/?)(?=$|,)/.exec(fix)?.[1];
  if (
    written !== undefined &&
    path !== undefined &&
    path.indexOf('/', 1) > 0 &&
    !written.startsWith('ml.') &&
    !path.includes('~')
  ) {
    const pointer = path.split('/').slice(1);
    if (isOtherName(written, pointer)) fixed.push(withValue(renamed(spec, pointer, written), pointer, undefined));
    else fixed.push(withValue(spec, pointer, pointer[0] === 'environment' ? written : valueOf(written)));
  }
  return fixed;
}
