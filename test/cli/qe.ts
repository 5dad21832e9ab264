import { runCli } from '../../bin/program';

/** Runs the command line as the shell would, and gives what it wrote. */
export async function qe(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      written[stream] += String(chunk);
      return true;
    }),
  );
  try {
    return { status: await runCli(argv), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
