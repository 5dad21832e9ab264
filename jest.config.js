/** Tests run on the sources, transpiled by swc: types are checked by `npm run typecheck`, once, not in every test run. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Ends what hangs. No test is about time, and machines differ.
  testTimeout: 600_000,
  // jest would leave a processor to itself, which does next to nothing.
  maxWorkers: '100%',
  testPathIgnorePatterns: ['<rootDir>/test/browser/'],
  // d3 is published as ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!(d3-[a-z-]+|internmap)/)'],
  transform: {
    '^.+\\.m?[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // Examples are written as a user writes them.
  moduleNameMapper: { '^cdk-quantized-endpoints$': '<rootDir>/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/dist-packages', '<rootDir>/.cache', '<rootDir>/.stryker-tmp'],
};
