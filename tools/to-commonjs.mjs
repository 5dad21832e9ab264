import { transform } from 'esbuild';
import ts from 'typescript';

/**
 * Chunks of a bundle as CommonJS. esbuild can do it alone, but then each use of another chunk's function is a call of a getter, which
 * costs `qe check` a twentieth of its time. Here a chunk takes what it imports as constants, where what it imports never changes: the
 * chunks of lazily started packages are left to esbuild, and those that import from them.
 *
 * @param {Map<string, string>} chunks ES modules that esbuild split, their identifiers not minified, by the names they import each other by
 * @param {object} options esbuild's
 * @returns {Promise<Map<string, string>>}
 */
export async function toCommonJs(chunks, options) {
  const sources = [...chunks].map(([name, text]) =>
    ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS),
  );
  assertNoCircle(sources);
  const changing = new Set(sources.filter(exportsWhatChanges).map(({ fileName }) => fileName));
  const files = new Map();
  for (const source of sources) {
    const asConstants = ![source.fileName, ...importsOf(source)].some((name) => changing.has(name));
    const { code } = await transform(asConstants ? withConstants(source) : source.text, {
      ...options,
      format: 'cjs',
      supported: { 'dynamic-import': false },
    });
    files.set(source.fileName, code);
  }
  return files;
}

function withConstants(source) {
  const edits = [];
  visit(source, (node) => {
    if (ts.isImportDeclaration(node)) edits.push([node, required(node)]);
    else if (ts.isExportDeclaration(node) || ts.isExportAssignment(node)) edits.push([node, '']);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      edits.push([node, `Promise.resolve().then(() => require(${node.arguments[0].getText(source)}))`]);
  });
  let text = '';
  let end = 0;
  for (const [node, by] of edits) {
    text += source.text.slice(end, node.getStart(source)) + by;
    end = node.end;
  }
  const fields = exportsOf(source).map(([name, local]) => `${name}: ${local}`);
  return `${text}${source.text.slice(end)}\nmodule.exports = { ${['__esModule: true', ...fields].join(', ')} };\n`;
}

/** `import a, { b as c } from 'x'` as a call. A built-in module is its own default export. */
function required({ importClause, moduleSpecifier }) {
  const call = `require(${JSON.stringify(moduleSpecifier.text)})`;
  if (importClause === undefined) return `${call};`;
  const { name, namedBindings } = importClause;
  const names = name === undefined ? [] : [name.text];
  if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name.text);
  else if (namedBindings !== undefined) {
    const fields = namedBindings.elements.map(
      (element) => `${(element.propertyName ?? element.name).text}: ${element.name.text}`,
    );
    names.push(`{ ${fields.join(', ')} }`);
  }
  return `const ${names.map((target) => `${target} = ${call}`).join(', ')};`;
}

/** Names under which a chunk exports, and what it calls them. */
function exportsOf(source) {
  const found = [];
  for (const statement of source.statements) {
    if (ts.isExportAssignment(statement)) found.push(['default', statement.expression.getText(source)]);
    if (!ts.isExportDeclaration(statement)) continue;
    for (const { name, propertyName } of statement.exportClause.elements)
      found.push([name.text, (propertyName ?? name).text]);
  }
  return found;
}

/** Is anything of it assigned to after its declaration? A nested name that is alike counts too: rather once too often. */
function exportsWhatChanges(source) {
  const names = new Set(exportsOf(source).map(([, local]) => local));
  let changes = false;
  const note = (target) => {
    if (ts.isIdentifier(target) && names.has(target.text)) changes = true;
  };
  visit(source, (node) => {
    if (ts.isBinaryExpression(node) && ts.isAssignmentOperator(node.operatorToken.kind)) visit(node.left, note);
    if (ts.isForOfStatement(node) || ts.isForInStatement(node)) visit(node.initializer, note);
    if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) note(node.operand);
  });
  return changes;
}

/** Chunks that run before a chunk does. */
function importsOf(source) {
  return source.statements
    .filter(ts.isImportDeclaration)
    .map(({ moduleSpecifier }) => moduleSpecifier.text.split('/').at(-1));
}

/** In a circle, a constant would be taken before it is there. */
function assertNoCircle(sources) {
  const byName = new Map(sources.map((source) => [source.fileName, source]));
  const done = new Set();
  const follow = (name, path) => {
    if (path.includes(name)) throw new Error(`chunks import each other in a circle: ${[...path, name].join(', ')}`);
    if (done.has(name) || !byName.has(name)) return;
    for (const next of importsOf(byName.get(name))) follow(next, [...path, name]);
    done.add(name);
  };
  for (const name of byName.keys()) follow(name, []);
}

function visit(node, callback) {
  callback(node);
  ts.forEachChild(node, (child) => visit(child, callback));
}
