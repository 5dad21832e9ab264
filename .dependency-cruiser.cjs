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
    {
      name: 'conversion-writes-through-the-simulator',
      comment: 'The converter uses the threads and kernels of lib/simulate, which must not need it in turn.',
      severity: 'error',
      from: { path: '^lib/(format|scheme|model|plan|simulate)/' },
      to: { path: '^lib/convert/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.dev.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.generated\\.ts$' },
  },
};
