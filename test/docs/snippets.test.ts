import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as publicApi from '../../index';

const root = path.join(__dirname, '../..');
const pages = ['README.md', ...markdownIn('docs')];

function markdownIn(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.posix.join(folder, file));
}

interface Snippet {
  readonly name: string;
  readonly code: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, index) => ({
    name: `${page} #${index + 1}`,
    code: match[1],
  }));
}

/** What a reader of a snippet takes as given: it stands in a stack that has a bucket, and names are imported. */
function compiled({ code }: Snippet): string {
  const imports = code.match(/^import [\s\S]*?;$/gm) ?? [];
  const given = Object.keys(publicApi).filter((name) => !imports.some((line) => line.includes(name)));
  const body = imports.reduce((rest, line) => rest.replace(line, ''), code);
  return [
    `import { ${given.join(', ')} } from 'cdk-quantized-endpoints';`,
    "import * as cdk from 'aws-cdk-lib';",
    "import { Size } from 'aws-cdk-lib';",
    "import { Bucket } from 'aws-cdk-lib/aws-s3';",
    ...imports,
    'export class Snippet extends cdk.Stack {',
    '  constructor(scope: cdk.App) {',
    "    super(scope, 'Snippet');",
    body.includes('const bucket') ? '' : "    const bucket = Bucket.fromBucketName(this, 'Given', 'given');",
    body,
    '  }',
    '}',
  ].join('\n');
}

const snippets = pages.flatMap(snippetsOf);

test('the documentation has code to compile', () => {
  expect(snippets.length).toBeGreaterThan(0);
});

test('every snippet of the documentation compiles against the public API', () => {
  const files = new Map(snippets.map((snippet, i) => [path.join(root, `.snippet-${i}.ts`), snippet]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    resolveJsonModule: true,
    types: ['node'],
    paths: { 'cdk-quantized-endpoints': [path.join(root, 'index.ts')] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.getSourceFile = (file, version) => {
    const snippet = files.get(file);
    return snippet ? ts.createSourceFile(file, compiled(snippet), version) : getSourceFile(file, version);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  const problems = [...files].flatMap(([file, { name }]) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map((problem) => `${name}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`),
  );
  expect(problems).toEqual([]);
});
