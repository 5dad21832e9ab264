// `npm run e2e`: deploys, updates, rolls back and destroys through the real CDK command line and SDK, on a local AWS. Ends with the
// line `N passed, N failed`. Arguments are handed to jest: `npm run e2e -- -t rolls`.
import { runJest } from './run-jest.mjs';

process.exit(await runJest('--config', 'jest.e2e.config.js', '--verbose', ...process.argv.slice(2)));
