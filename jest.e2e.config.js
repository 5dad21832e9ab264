const base = require('./jest.config.js');

/**
 * Deployments on a local AWS: apart from the unit tests, because they take minutes. Each file has an AWS of its own, with processes of
 * its own: two at once are enough for any machine.
 */
module.exports = { ...base, testMatch: ['**/test/e2e/**/*.e2e.ts'], testTimeout: 1_200_000, maxWorkers: 2 };
