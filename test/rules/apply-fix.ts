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
  modelDataDownloadTimeoutSeconds: ['endpoint'],
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

type Apply = (spec: unknown, groups: readonly (string | undefined)[]) => unknown;

/** What can be done without a person, and how. */
const ACTIONS: readonly (readonly [pattern: RegExp, apply: Apply])[] = [
  [
    new RegExp(
      `(?:^set |, set |, or set |, or )${NAME} to (?!an? |the |what |at )${VALUE}(?: and ${NAME} to (?!an? |the )${VALUE})?(?=$|[,;]| or )`,
      'g',
    ),
    (spec, [name = '', value = '', second, secondValue = '']) => {
      const once = assign(spec, name, value);
      return second === undefined ? once : assign(once, second, secondValue);
    },
  ],
  [/\bleave (\w+) at (\w+)/g, (spec, [name = '', value = '']) => assign(spec, name, value)],
  [/\b(?:set|write) ([A-Z][A-Z_]+)=(\S+)(?=$|,)/g, (spec, [name = '', value = '']) => assign(spec, name, value)],
  [
    /(?<!such as |make )\b(ml\.[a-z][\w-]*\.\w+)(?: with (tensorParallelSize|dtype) (\w+))?/g,
    (spec, [type, name, value = '']) => {
      const moved = withValue(spec, ['instanceType'], type);
      return name === undefined ? moved : assign(moved, name, value);
    },
  ],
  [
    /\b(?:image with (?:vLLM|SGLang|version)|version with vLLM) ([\d.]+\d(?:\.post\d)?)/g,
    (spec, [version]) => withValue(spec, ['container', 'version'], version),
  ],
  [/^use version ([\w.-]+\w)/g, (spec, [version]) => withValue(spec, ['container', 'version'], version)],
  [/\bdeploy in ([a-z]+-[a-z-]+-\d)/g, (spec, [region]) => withValue(spec, ['region'], region)],
  [
    new RegExp(`\\bleave (?!it\\b)${NAME} out|\\bremove (?!it\\b)${NAME}(?=$|,)`, 'g'),
    (spec, [left, removed = '']) => withValue(spec, placeOf(left ?? removed), undefined),
  ],
];

/** `write fp8`, `use my-endpoint`, `write A=1 in its place`: another value, or another name, for what the finding points at. */
function rewritten(spec: unknown, fix: string, path: string): unknown[] {
  const instead = /^write ([A-Z_]+)=(\w+)(?: \(.*\))? in its place$/.exec(fix);
  if (instead !== null) return [assign(withValue(spec, path.split('/').slice(1), undefined), instead[1], instead[2])];
  const text = /^(?:write|use) (?!ml\.)([\w.:/-]*\w\/?)(?=$|,)/.exec(fix)?.[1];
  if (text === undefined || path.indexOf('/', 1) < 0 || path.includes('~')) return [];
  const pointer = path.split('/').slice(1);
  if (isOtherName(text, pointer)) return [withValue(renamed(spec, pointer, text), pointer, undefined)];
  return [withValue(spec, pointer, pointer[0] === 'environment' ? text : valueOf(text))];
}

/**
 * What a fix says, done: a spec for each of its alternatives that can be done without a person, such as `set dtype to float16`,
 * `use ml.g5.xlarge`, `use an image with vLLM 0.8.4 or newer`, `leave dtype out`.
 */
export function applyFix(
  spec: unknown,
  { fix = '', path = '' }: { readonly fix?: string; readonly path?: string },
): unknown[] {
  const done = ACTIONS.flatMap(([pattern, apply]) =>
    [...fix.matchAll(pattern)].map((match) => apply(spec, match.slice(1))),
  );
  return [...done, ...rewritten(spec, fix, path)];
}
