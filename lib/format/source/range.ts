import { FormatError } from '../../errors';

/** Refuses a range that is not inside the file, before anything is allocated for it. */
export function assertRange(name: string, size: number, offset: number, length: number): void {
  if (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset <= size - length
  )
    return;
  throw new FormatError('SOURCE_OUT_OF_RANGE', `${length} bytes at ${offset} are not inside ${name}`, {
    path: name,
    got: `bytes ${offset} to ${offset + length}`,
    allowed: `bytes 0 to ${size}`,
    fix: 'the file is shorter than its header says: download it again',
  });
}

/** The file was longer when it was opened. */
export function truncated(name: string, size: number, offset: number, got: number, wanted: number): FormatError {
  return new FormatError('SOURCE_TRUNCATED', `${name} ended early: it was cut while it was read`, {
    path: name,
    got: `${got} bytes at ${offset}`,
    allowed: `${wanted} bytes (the file had ${size} when it was opened)`,
    fix: 'let nothing write to the file while it is read, then try again',
  });
}
