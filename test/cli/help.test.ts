import { qe } from './qe';

test.each(['check', 'plan', 'recommend'])(
  'qe %s --help says what FILE is, and which options hold everywhere',
  async (command) => {
    const { status, stdout } = await qe(command, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('an endpoint spec as JSON, or - for standard input');
    for (const option of ['--json', '--quiet', '--no-color']) expect(stdout).toContain(option);
  },
);
