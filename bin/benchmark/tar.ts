const BLOCK = 512;

/**
 * The first file in a tar whose name ends so. Source: POSIX ustar; name at 0, size in octal at 124, type at 156.
 */
export function findInTar(archive: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    const path = header.subarray(0, 100).toString('utf8').replace(/\0.*$/s, '');
    const size = parseInt(header.subarray(124, 136).toString('latin1').replace(/\0.*$/s, '').trim() || '0', 8);
    if (path === '' || !Number.isFinite(size)) return undefined;
    const isFile = header[156] === 0x30 || header[156] === 0;
    if (isFile && path.endsWith(name)) return archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}
