const base = require('./jest.config.js');

/** The pages in a real browser: apart from the unit tests, because it needs Chromium on the machine. */
module.exports = { ...base, roots: ['<rootDir>/test/browser'], testPathIgnorePatterns: [] };
