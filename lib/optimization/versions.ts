/**
 * A version of an LMI image as one number that orders it: `0.36.0-lmi27` before `0.36.0-lmi28`. Undefined for what is
 * no version.
 */
export function orderedVersion(version: string): number | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:-lmi(\d+))?/.exec(version);
  if (match === null) return undefined;
  const [major, minor, patch, lmi = '0'] = match.slice(1);
  return ((Number(major) * 1_000 + Number(minor)) * 1_000 + Number(patch)) * 1_000 + Number(lmi);
}
