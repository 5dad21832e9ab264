#!/usr/bin/env node
import { ExitStatus } from './exit-status';
import { runCli } from './program';

// A reader that closes early (`| head`) ends us quietly, as it ends other programs.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitStatus.OK);
  throw error;
});

void runCli(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
