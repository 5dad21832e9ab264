const base = require('./jest.config.js');

/**
 * Tests that mutants meet: those of the mutated room alone, so that a survivor costs seconds. Tests that start processes see no mutants, and
 * random specs would be drawn anew for each of them.
 */
const room = process.env.MUTATION_ROOM;
module.exports = {
  ...base,
  roots: room === undefined ? base.roots : [`<rootDir>/test/${room}`],
  testPathIgnorePatterns: [...base.testPathIgnorePatterns, 'command\\.test\\.ts$', 'fuzz\\.test\\.ts$'],
};
