/** What the process answers to the shell. */
export const ExitStatus = {
  /** Done, and no error was found. */
  OK: 0,
  /** Errors were found, or a gate was not met. */
  FINDINGS: 1,
  /** Input that cannot be read, or a wrong call. */
  BAD_INPUT: 2,
  /** Ctrl-C. */
  INTERRUPTED: 130,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];
