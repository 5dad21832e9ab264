// `npm test`: jest over the sources, ending with the plain line `N passed, N failed`. Arguments are handed to jest:
// `npm test -- test/rules`.
import { runJest } from './run-jest.mjs';

process.exit(await runJest('--silent', ...process.argv.slice(2)));
