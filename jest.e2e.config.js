const base = require('./jest.config.js');

/** Deployments on a local AWS: apart from the unit tests, because they take minutes. */
module.exports = { ...base, testMatch: ['**/test/e2e/**/*.e2e.ts'], testTimeout: 1_200_000 };
