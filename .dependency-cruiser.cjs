/**
 * The direction of imports that ARCHITECTURE.md draws. Types count too: a file that needs a type of a file above it is
 * as hard to read alone as one that needs its code.
 */
module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'lib-knows-no-stack',
      comment: 'The domain runs in a command line, a Lambda and a browser: no CDK in it, and nothing that uses it.',
      severity: 'error',
      from: { path: '^(lib|lambda)/' },
      to: { path: '^(constructs|bin)/|^node_modules/(aws-cdk-lib|constructs)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.dev.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.generated\\.ts$' },
  },
};
